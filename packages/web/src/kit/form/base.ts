import { useText, type Label } from '../text.tsx'
import { useField } from './Form.tsx'

export interface Base {
  /** Path in the form's values: `profile.company`. */
  name: string
  label: Label
  help?: Label
  isRequired?: boolean
  /** Says so beside the label: for forms where most is needed and some is not. */
  isOptional?: boolean
  placeholder?: Label
}

export function useBase<T>({ name, label, help, isRequired, isOptional, placeholder }: Base) {
  const say = useText()
  const field = useField<T>(name)
  return {
    field,
    props: {
      id: field.id,
      name,
      label: isOptional ? say('kit.form.optional', { label: say(label) }) : say(label),
      description: field.error === undefined && help ? say(help) : undefined,
      error: field.error,
      required: isRequired ?? false,
      withAsterisk: false,
      ...(placeholder ? { placeholder: say(placeholder) } : {}),
    },
  }
}

export interface Option {
  value: string
  label: Label
  disabled?: boolean
}
