import { isThreshold, type EventDetail } from '@vigie/domain/events'
import { Ago, useFormat, useText } from '../kit/index.ts'
import { Comment } from './Comments.tsx'
import css from './events.module.css'

type Step = EventDetail['steps'][number]

/** What happened to the event and what was said of it, newest first. */
export function History({ event }: { event: Pick<EventDetail, 'id' | 'steps' | 'comments'> }) {
  const entries = [
    ...event.steps.map((step, place) => ({ at: step.at, id: `${step.at}-${step.what}-${place}`, shown: <StepLine step={step} /> })),
    ...event.comments.map((comment) => ({ at: comment.at, id: comment.id, shown: <Comment eventId={event.id} comment={comment} /> })),
  ]
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .toReversed()
  return (
    <ol className={css.history}>
      {entries.map(({ id, shown }) => (
        <li key={id}>{shown}</li>
      ))}
    </ol>
  )
}

/** A step with whoever took it, and the figures it had then. */
function StepLine({ step }: { step: Step }) {
  const say = useText()
  const { number, moment } = useFormat()
  const figureText = (name: string, value: number | string) =>
    `${say.has(`figure-name.${name}`) ? say(`figure-name.${name}`) : name}${say('events.colon')}${typeof value === 'number' ? number(value) : value}`
  const { assignee, reason, until, how } = step.details
  const said = [
    ...(step.by === null ? [] : [step.by]),
    ...(assignee === undefined ? [] : [say('events.assigned-to', { name: assignee ?? say('events.nobody') })]),
    ...(until === undefined
      ? []
      : [until === null ? say('events.silence.endless') : say('events.silence.until-then', { until: moment(until) })]),
    ...(how === undefined ? [] : [say(`silence-end.${how}`)]),
    ...Object.entries(step.figures)
      .filter(([name]) => !isThreshold(name))
      .map(([name, value]) => figureText(name, value)),
  ]
  return (
    <>
      <span className={css.what}>{say(`event-step.${step.what}`)}</span>
      <span className={css.at}>
        <Ago at={step.at} />
      </span>
      <span className={css.more}>{said.join(' · ')}</span>
      {reason && <span className={css.said}>{reason}</span>}
    </>
  )
}
