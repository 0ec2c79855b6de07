import { useState, useSyncExternalStore, type FormEvent } from 'react'
import { TextInput } from '@mantine/core'
import { Problem } from '@vigie/domain/kernel'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import css from './form/Form.module.css'
import { Notice } from './Notice.tsx'
import { describe } from './problems.ts'
import { useText, type Label } from './text.tsx'

interface Question {
  /** A short question with the object's name: "Disable the agent on srv-01?" */
  title: Label
  /** One sentence: what will happen. */
  consequence: Label
  /** How to take it back, or that one can't. */
  undo?: Label
  /** The verb on the button. */
  action: Label
  isDangerous?: boolean
  /** The person must type exactly this. */
  name?: string
  run(typed: string): Promise<unknown> | void
}
let open: Question | null = null
const listeners = new Set<() => void>()
function set(next: Question | null) {
  open = next
  for (const tell of listeners) tell()
}

/** Says what will happen, then does it. Errors are told in the dialog, which stays. */
export const confirm = (question: Omit<Question, 'name'>): void => set(question as Question)

/** For deletions: asks for the name (CUS-5). `run` gets what was typed, which goes to the server: it decides. */
export function confirmByName(
  name: string,
  run: (typed: string) => Promise<unknown>,
  words: Partial<Pick<Question, 'title' | 'consequence' | 'undo' | 'action'>> = {},
): void {
  set({
    title: { key: 'kit.confirm.delete', values: { name } },
    consequence: 'kit.confirm.delete.consequence',
    action: 'kit.delete',
    isDangerous: true,
    ...words,
    name,
    run,
  })
}

/** Once, in the shell. */
export function Confirmations() {
  const question = useSyncExternalStore(
    (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    () => open,
  )
  return question && <Ask key={JSON.stringify(question.title)} question={question} close={() => set(null)} />
}

function Ask({ question, close }: { question: Question; close(): void }) {
  const say = useText()
  const [typed, setTyped] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const isRight = question.name === undefined || typed.trim() === question.name
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy || !isRight) return
    setBusy(true)
    try {
      await question.run(typed)
      close()
    } catch (reason) {
      setError(reason)
      setBusy(false)
    }
  }
  const described = error === null ? null : describe(error, say)
  const isAtField = error instanceof Problem && error.fields.some((field) => field.code === 'name-differs')
  return (
    <Dialog title={say(question.title)} closeLabel={say('kit.close')} onClose={() => !isBusy && close()}>
      <form onSubmit={(event) => void submit(event)} className={css.form}>
        <div>
          <p>{say(question.consequence)}</p>
          {question.undo && <p className="quiet">{say(question.undo)}</p>}
        </div>
        {question.name !== undefined && (
          <TextInput
            data-autofocus
            autoComplete="off"
            label={say('kit.confirm.type-name', { name: question.name })}
            value={typed}
            error={isAtField ? say('field.name-differs') : undefined}
            onChange={(event) => {
              setTyped(event.currentTarget.value)
              setError(null)
            }}
          />
        )}
        {described && !isAtField && (
          <div role="alert">
            <Notice tone="action-required" title={{ text: described.title }}>
              {described.remedy}
            </Notice>
          </div>
        )}
        <div className={css.dialogButtons}>
          <Button onClick={close}>{say('kit.cancel')}</Button>
          <Button
            type="submit"
            kind={question.isDangerous ? 'danger' : 'primary'}
            isBusy={isBusy}
            disabledReason={isRight ? undefined : say('kit.confirm.name-first')}
            {...(question.name === undefined ? { 'data-autofocus': true } : {})}
          >
            {say(question.action)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
