import type { Event } from '@vigie/domain/events'
import { Severity, StateTag } from '../kit/index.ts'

/** How bad, and how far along. A resolved one is no longer bad: its severity is said in words only. */
export function EventSigns({ event }: { event: Pick<Event, 'severity' | 'state' | 'silence'> }) {
  return (
    <>
      {event.state === 'resolved' ? <StateTag label={`severity.${event.severity}`} tone="quiet" /> : <Severity sign={event.severity} />}
      <StateTag
        label={`event-state.${event.state}`}
        tone={event.state === 'pending' ? 'pending' : event.state === 'resolved' ? 'good' : 'quiet'}
      />
      {event.state !== 'resolved' && event.silence !== null && <StateTag label={`silence.${event.silence.kind}`} tone="quiet" />}
    </>
  )
}
