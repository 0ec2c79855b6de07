import { useState, type ReactNode } from 'react'
import { Button } from '../../ui/Button.tsx'
import { useAddress, useGo } from '../address.ts'
import { useText, type Label, labelKey } from '../text.tsx'
import { Form } from './Form.tsx'
import css from './Form.module.css'
import type { FormState } from './useForm.ts'

export interface WizardStep {
  title: Label
  /** What is checked before going on: paths of the form's values. */
  fields: readonly string[]
  content: ReactNode
}

interface Props<Values extends object> {
  form: FormState<Values>
  steps: readonly WizardStep[]
  action: Label
  cancel?: ReactNode
  /** The page keeps what was typed beyond itself: leaving asks nothing. */
  isKept?: boolean
}

/** One form in several steps; the step is in the address (`?step=2`), what was typed lives as long as the page. The last one submits all, or nothing. */
export function Wizard<Values extends object>({ form, steps, action, cancel, isKept = false }: Props<Values>) {
  const say = useText()
  const at = useAddress()
  const go = useGo()
  const [reached, setReached] = useState(1)
  const present = Math.min(Math.max(1, Number(at.search['step'] ?? 1) || 1), reached, steps.length)
  const step = steps[present - 1]!
  const isLast = present === steps.length
  const next = () => {
    if (!form.check(step.fields)) return
    setReached(Math.max(reached, present + 1))
    void go(`?step=${present + 1}`)
  }
  return (
    <>
      <ol className={css.steps}>
        {steps.map((one, index) => (
          <li
            key={labelKey(one.title)}
            aria-current={index + 1 === present ? 'step' : undefined}
            data-done={index + 1 < present || undefined}
          >
            {say(one.title)}
          </li>
        ))}
      </ol>
      <Form
        form={form}
        unguarded={isKept}
        buttons={
          <div className={css.buttons}>
            {present > 1 && <Button onClick={() => void go(`?step=${present - 1}`)}>{say('kit.wizard.back')}</Button>}
            {isLast ? (
              <Button type="submit" kind="primary" isBusy={form.isBusy}>
                {say(action)}
              </Button>
            ) : (
              <Button
                type="submit"
                kind="primary"
                onClick={(event) => {
                  event.preventDefault()
                  next()
                }}
              >
                {say('kit.wizard.next')}
              </Button>
            )}
            {cancel}
          </div>
        }
      >
        {step.content}
      </Form>
    </>
  )
}
