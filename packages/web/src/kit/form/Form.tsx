import { useBlocker } from '@tanstack/react-router'
import { createContext, useContext, useEffect, type ReactNode } from 'react'
import { Problem } from '@vigie/domain/kernel'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Notice } from '../Notice.tsx'
import { hasUnsaved, holdUnsaved } from '../parts.ts'
import { describe } from '../problems.ts'
import { useText, type Label, type Speaker } from '../text.tsx'
import { entryOf } from './errors.ts'
import css from './Form.module.css'
import type { FormState, ShownError } from './useForm.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- fields know paths, not the whole shape
const FormContext = createContext<FormState<any> | null>(null)
export function useFormState() {
  const form = useContext(FormContext)
  if (!form) throw new Error('a field stands outside a form')
  return form
}

/** Ties a field to its form: value, error in words, and how to change it. */
export function useField<T>(path: string) {
  const form = useFormState()
  const say = useText()
  const { register } = form
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- register is as stable as the form
  useEffect(() => register(path), [path])
  const error = form.errorAt(path)
  const entry = error && entryOf(form.get(path), path, error.path)
  return {
    value: form.get(path) as T,
    set: (value: T) => form.set(path, value),
    error: error && (entry ? `${entry} – ${wordsOf(error, say)}` : wordsOf(error, say)),
    id: `${form.id}-${path.replaceAll('.', '-')}`,
  }
}

/** A form error stands at its field, in words that tell the way out. */
function wordsOf({ code, values, problem }: ShownError, say: Speaker): string {
  if (problem) {
    const { title, remedy } = describe(problem, say)
    return `${title} ${remedy}`
  }
  return say.has(`field.${code}`) ? say(`field.${code}`, values) : say('field.invalid')
}

interface Props<Values extends object> {
  form: FormState<Values>
  /** What the button does: a verb, `kit.save` by default. */
  action?: Label
  /** Dangerous: the button is red. */
  isDangerous?: boolean
  /** Beside the button: cancel, back. */
  secondary?: ReactNode
  /** No guard when leaving with unsaved input (sign-in pages). */
  unguarded?: boolean
  /** The button spans the form (narrow pages). */
  wide?: boolean
  /** Nothing is saved until something changed; then why the button is off. */
  onlyWhenDirty?: boolean
  /** The caller draws its own buttons (wizards). */
  buttons?: ReactNode
  children: ReactNode
}

export function Form<Values extends object>({
  form,
  action = 'kit.save',
  isDangerous,
  secondary,
  unguarded,
  wide,
  onlyWhenDirty,
  buttons,
  children,
}: Props<Values>) {
  const say = useText()
  return (
    <FormContext value={form}>
      <form
        id={form.id}
        className={css.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          event.stopPropagation()
          void form.submit()
        }}
      >
        {children}
        <FormProblem form={form} />
        {buttons ?? (
          <div className={`${css.buttons} ${wide ? css.wide : ''}`}>
            <Button
              type="submit"
              kind={isDangerous ? 'danger' : 'primary'}
              isBusy={form.isBusy}
              disabledReason={onlyWhenDirty && !form.isDirty ? say('kit.form.nothing-changed') : undefined}
            >
              {say(action)}
            </Button>
            {secondary}
          </div>
        )}
      </form>
      {!unguarded && <LeaveGuard isOn={form.isDirty} isReleased={form.isReleased} />}
    </FormContext>
  )
}

/** What stands at no field: the problem itself and its way out, and errors of fields this page does not show. */
function FormProblem<Values extends object>({ form }: { form: FormState<Values> }) {
  const say = useText()
  if (form.problem === null) return null
  const lost = form.errors.filter((error) => !form.hasField(error.path))
  const isAllAtFields = form.problem instanceof Problem && form.errors.length > 0 && lost.length === 0
  if (isAllAtFields) return null
  const { title, remedy } = describe(form.problem, say)
  return (
    <div role="alert">
      <Notice tone="action-required" title={{ text: title }}>
        {remedy}
        {lost.map((error) => (
          <p key={error.path}>
            {error.path}: {wordsOf(error, say)}
          </p>
        ))}
      </Notice>
    </div>
  )
}

/** Asks before what was typed is lost, also when the window closes. */
export function LeaveGuard({ isOn, isReleased = () => false }: { isOn: boolean; isReleased?: () => boolean }) {
  const say = useText()
  useEffect(() => (isOn ? holdUnsaved() : undefined), [isOn])
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isOn && !isReleased() && current.pathname !== next.pathname,
    enableBeforeUnload: () => isOn && !isReleased() && hasUnsaved(),
    withResolver: true,
  })
  if (blocker.status !== 'blocked') return null
  return (
    <Dialog title={say('kit.leave.title')} closeLabel={say('kit.close')} onClose={blocker.reset}>
      <div className={css.form}>
        <p>{say('kit.leave.about')}</p>
        <div className={css.dialogButtons}>
          <Button onClick={blocker.reset} data-autofocus>
            {say('kit.leave.stay')}
          </Button>
          <Button kind="danger" onClick={blocker.proceed}>
            {say('kit.leave.go')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

/** Fields beside each other where there is room. */
export const FieldRow = ({ children }: { children: ReactNode }) => <div className={css.row}>{children}</div>
/** Fields that belong together, under a word. */
export function FieldGroup({ title, about, children }: { title: Label; about?: Label; children: ReactNode }) {
  const say = useText()
  return (
    <fieldset className={css.group}>
      <legend>{say(title)}</legend>
      {about && <p className="quiet">{say(about)}</p>}
      {children}
    </fieldset>
  )
}
