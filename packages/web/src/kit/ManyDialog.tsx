import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import type { Outcome } from './many.ts'
import css from './many.module.css'
import { Notice } from './Notice.tsx'
import { describe } from './problems.ts'
import { queryClient } from './query.ts'
import { Line, Stack } from './Stack.tsx'
import { useText } from './text.tsx'
import { toast, trouble } from './toast.tsx'
import { keepUndo } from './undoing.ts'

interface Props<Change, Refusal extends { id: string; code: string }> {
  ids: readonly string[]
  /** Text keys, each with `count`: above the form, of a toast when all went well, in the result, of a toast when it was taken back. */
  title: string
  done: string
  changed: string
  undone: string
  changeMany(change: Change, tell: (done: number) => void, signal: AbortSignal): Promise<Outcome<Change, Refusal>>
  takeBack(undo: Outcome<Change, Refusal>['undo']): Promise<number>
  /** Which one was refused; the reason stands after it. */
  refused(one: Refusal): ReactNode
  /** Asks what to do. */
  form(run: (change: Change) => Promise<void>): ReactNode
  /** Lets the rows go: they have been dealt with. */
  clear(): void
  close(): void
}

const shownRefusals = 8

/** Asks what to do with many, does it while one watches and may stop it, and says what came of it. */
export function ManyDialog<Change, Refusal extends { id: string; code: string }>({
  ids,
  form,
  clear,
  close,
  ...props
}: Props<Change, Refusal>) {
  const say = useText()
  const [done, setDone] = useState<number | null>(null)
  const [outcome, setOutcome] = useState<Outcome<Change, Refusal> | null>(null)
  const stop = useRef(new AbortController())
  useEffect(() => () => stop.current.abort(), [])

  const undo = async ({ undo: steps }: Outcome<Change, Refusal>) => {
    try {
      toast({ key: props.undone, values: { count: await props.takeBack(steps) } })
    } catch (error) {
      trouble(error)
    }
    await queryClient.invalidateQueries()
  }
  const run = async (change: Change) => {
    setDone(0)
    const came = await props.changeMany(change, setDone, stop.current.signal)
    await queryClient.invalidateQueries()
    if (came.error === null && came.refused.length === 0 && came.notReached === 0) {
      toast({ key: props.done, values: { count: came.changed } }, came.undo.length > 0 ? { run: () => void undo(came) } : undefined)
      clear()
      close()
    } else {
      setDone(null)
      setOutcome(came)
    }
  }
  const leave = () => {
    if (outcome) clear()
    close()
  }
  const leaveAsItIs = () => {
    if (outcome && outcome.undo.length > 0)
      keepUndo({ key: props.done, values: { count: outcome.changed } }, () => void undo(outcome), Date.now())
    leave()
  }
  const title = say(outcome ? 'kit.many.result' : props.title, { count: ids.length })
  return (
    <Dialog title={title} closeLabel={say('kit.close')} onClose={() => (done === null ? leaveAsItIs() : stop.current.abort())}>
      {outcome ? (
        <Result
          outcome={outcome}
          changed={props.changed}
          refused={props.refused}
          takeBack={() => {
            void undo(outcome)
            leave()
          }}
          close={leaveAsItIs}
        />
      ) : done !== null ? (
        <Stack>
          <p role="status" className="figures">
            {say('kit.many.running', { done, total: ids.length })}
          </p>
          <progress className={css.progress} max={ids.length} value={done} aria-label={title} />
          <Line>
            <Button onClick={() => stop.current.abort()}>{say('kit.many.stop')}</Button>
          </Line>
        </Stack>
      ) : (
        form(run)
      )}
    </Dialog>
  )
}

interface ResultProps<Change, Refusal extends { id: string; code: string }> extends Pick<
  Props<Change, Refusal>,
  'changed' | 'refused' | 'close'
> {
  outcome: Outcome<Change, Refusal>
  takeBack(): void
}
function Result<Change, Refusal extends { id: string; code: string }>({
  outcome,
  changed,
  refused: nameOf,
  takeBack,
  close,
}: ResultProps<Change, Refusal>) {
  const say = useText()
  const { unchanged, refused, notReached, error } = outcome
  const problem = error ? describe(error, say) : null
  return (
    <Stack>
      <ul className={css.result}>
        <li>{say(changed, { count: outcome.changed })}</li>
        {unchanged > 0 && <li>{say('kit.many.unchanged', { count: unchanged })}</li>}
        {refused.length > 0 && <li>{say('kit.many.refused', { count: refused.length })}</li>}
        {notReached > 0 && <li>{say('kit.many.not-reached', { count: notReached })}</li>}
      </ul>
      {refused.length > 0 && (
        <ul className={css.refused}>
          {refused.slice(0, shownRefusals).map((one) => (
            <li key={one.id}>
              {nameOf(one)}
              <span className="quiet">{say(`problem.${one.code}`)}</span>
            </li>
          ))}
          {refused.length > shownRefusals && (
            <li className="quiet">{say('kit.many.and-more', { count: refused.length - shownRefusals })}</li>
          )}
        </ul>
      )}
      {problem && (
        <Notice tone="action-required" title={{ text: problem.title }}>
          {problem.remedy}
        </Notice>
      )}
      <Line>
        <Button kind="primary" onClick={close}>
          {say('kit.close')}
        </Button>
        {outcome.undo.length > 0 && <Button onClick={takeBack}>{say('kit.undo')}</Button>}
      </Line>
    </Stack>
  )
}
