export * from './fields.tsx'
export { FieldGroup, FieldRow, Form, LeaveGuard, useField, useFormState } from './Form.tsx'
export { useForm, type FormState } from './useForm.ts'
export { Wizard, type WizardStep } from './Wizard.tsx'
