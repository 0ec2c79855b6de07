import { useEffect, useRef, useState } from 'react'
import type { Event } from '@vigie/domain/events'
import { Button, describe, Dialog, Line, Link, Notice, paths, queryClient, Stack, toast, trouble, useText } from '../kit/index.ts'
import { AssignForm, SilenceForm } from './WorkForms.tsx'
import { changeMany, takeBack, type Change, type Outcome } from './bulk.ts'
import css from './events.module.css'
import { eventTitle } from './words.ts'

export type WorkKind = 'assign' | 'snoozed' | 'accepted' | 'wake' | 'resolve' | 'reset'
export interface Work {
  kind: WorkKind
  ids: readonly string[]
  /** Those of them that are shown. */
  events: readonly Event[]
  /** Lets the rows go: they have been dealt with. */
  clear(): void
}
const shownRefusals = 8

async function undo(outcome: Outcome) {
  try {
    const count = await takeBack(outcome.undo)
    toast({ key: 'events.bulk.undone', values: { count } })
  } catch (error) {
    trouble(error)
  }
  await queryClient.invalidateQueries()
}

/** Asks what to do with one event or many, does it while one watches, and says what came of it. */
export default function WorkDialog({ kind, ids, events, clear, close }: Work & { close(): void }) {
  const say = useText()
  const [done, setDone] = useState<number | null>(null)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const stop = useRef(new AbortController())
  useEffect(() => () => stop.current.abort(), [])

  const run = async (change: Change) => {
    setDone(0)
    const came = await changeMany(ids, change, setDone, stop.current.signal, events)
    await queryClient.invalidateQueries()
    if (came.error === null && came.refused.length === 0 && came.notReached === 0) {
      toast({ key: `events.bulk.done.${kind}`, values: { count: came.changed } }, came.undo.length > 0 ? { run: () => void undo(came) } : undefined)
      clear()
      close()
    } else {
      setDone(null)
      setOutcome(came)
    }
  }
  const title = say(outcome ? 'events.bulk.result' : `events.bulk.title.${kind}`, { count: ids.length })
  const leave = () => {
    if (outcome) clear()
    close()
  }
  return (
    <Dialog title={title} closeLabel={say('kit.close')} onClose={() => (done === null ? leave() : stop.current.abort())}>
      {outcome ? (
        <Result outcome={outcome} takeBack={() => { void undo(outcome); leave() }} close={leave} />
      ) : done !== null ? (
        <Stack>
          <p role="status" className="figures">{say('events.bulk.running', { done, total: ids.length })}</p>
          <progress className={css.progress} max={ids.length} value={done} aria-label={title} />
          <Line><Button onClick={() => stop.current.abort()}>{say('events.bulk.stop')}</Button></Line>
        </Stack>
      ) : kind === 'assign' ? (
        <AssignForm events={events} run={run} close={close} />
      ) : kind === 'snoozed' || kind === 'accepted' ? (
        <SilenceForm kind={kind} events={events} isOne={ids.length === 1} run={run} close={close} />
      ) : (
        <Sure kind={kind} run={() => run({ kind })} close={close} />
      )}
    </Dialog>
  )
}

/** What will happen, before it does. */
function Sure({ kind, run, close }: { kind: 'wake' | 'resolve' | 'reset'; run(): Promise<void>; close(): void }) {
  const say = useText()
  return (
    <Stack>
      <p className={css.text}>{say(`events.bulk.sure.${kind}`)}</p>
      {kind === 'reset' && <p className="quiet">{say('events.reset.undo')}</p>}
      <Line>
        <Button kind={kind === 'reset' ? 'danger' : 'primary'} onClick={() => void run()} data-autofocus>{say(`events.bulk.go.${kind}`)}</Button>
        <Button onClick={close}>{say('kit.cancel')}</Button>
      </Line>
    </Stack>
  )
}

function Result({ outcome, takeBack: back, close }: { outcome: Outcome; takeBack(): void; close(): void }) {
  const say = useText()
  const { changed, unchanged, refused, notReached, error } = outcome
  const problem = error ? describe(error, say) : null
  return (
    <Stack>
      <ul className={css.result}>
        <li>{say('events.bulk.changed', { count: changed })}</li>
        {unchanged > 0 && <li>{say('events.bulk.unchanged', { count: unchanged })}</li>}
        {refused.length > 0 && <li>{say('events.bulk.refused', { count: refused.length })}</li>}
        {notReached > 0 && <li>{say('events.bulk.not-reached', { count: notReached })}</li>}
      </ul>
      {refused.length > 0 && (
        <ul className={css.refused}>
          {refused.slice(0, shownRefusals).map(({ id, event, code }) => (
            <li key={id}>{event && <><Link to={paths.event({ eventId: id })}>{eventTitle(say, event)}</Link> <span className="quiet">{event.customerName}</span><br /></>}<span className="quiet">{say(`problem.${code}`)}</span></li>
          ))}
          {refused.length > shownRefusals && <li className="quiet">{say('events.bulk.and-more', { count: refused.length - shownRefusals })}</li>}
        </ul>
      )}
      {problem && <Notice tone="action-required" title={{ text: problem.title }}>{problem.remedy}</Notice>}
      <Line>
        <Button kind="primary" onClick={close}>{say('kit.close')}</Button>
        {outcome.undo.length > 0 && <Button onClick={back}>{say('kit.undo')}</Button>}
      </Line>
    </Stack>
  )
}
