import type { Event } from '@vigie/domain/events'
import { Button, Line, Link, paths, Stack, useText } from '../kit/index.ts'
import { takeBack } from '../kit/many.ts'
import { ManyDialog } from '../kit/ManyDialog.tsx'
import { AssignForm, SilenceForm } from './WorkForms.tsx'
import { changeMany, type Change, type Refusal } from './bulk.ts'
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

/** Work on one event or many (EVT-4, EVT-9). */
export default function WorkDialog({ kind, ids, events, clear, close }: Work & { close(): void }) {
  const say = useText()
  return (
    <ManyDialog<Change, Refusal>
      ids={ids}
      title={`events.bulk.title.${kind}`}
      done={`events.bulk.done.${kind}`}
      changed="events.bulk.changed"
      undone="events.bulk.undone"
      changeMany={(change, tell, signal) => changeMany(ids, change, tell, signal, events)}
      takeBack={(undo) => takeBack(undo, changeMany)}
      refused={({ id, event }) =>
        event && (
          <>
            <Link to={paths.event({ eventId: id })}>{eventTitle(say, event)}</Link> <span className="quiet">{event.customerName}</span>
            <br />
          </>
        )
      }
      form={(run) =>
        kind === 'assign' ? (
          <AssignForm events={events} run={run} close={close} />
        ) : kind === 'snoozed' || kind === 'accepted' ? (
          <SilenceForm kind={kind} events={events} isOne={ids.length === 1} run={run} close={close} />
        ) : (
          <Sure kind={kind} run={() => run({ kind })} close={close} />
        )
      }
      clear={clear}
      close={close}
    />
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
        <Button kind={kind === 'reset' ? 'danger' : 'primary'} onClick={() => void run()} data-autofocus>
          {say(`events.bulk.go.${kind}`)}
        </Button>
        <Button onClick={close}>{say('kit.cancel')}</Button>
      </Line>
    </Stack>
  )
}
