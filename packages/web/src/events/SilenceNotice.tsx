import type { Event, Silence } from '@vigie/domain/events'
import { Link, Notice, paths, useActor, useFormat, useText } from '../kit/index.ts'
import css from './events.module.css'

/** Why an open event asks for no attention: who said so, until when, and what wakes it before. */
export function SilenceNotice({ event, silence }: { event: Pick<Event, 'figures'>; silence: Silence }) {
  const say = useText()
  const mayOpen = useActor().can('maintenance.read')
  const { moment, number, list } = useFormat()
  const named = (figure: string) => (say.has(`figure-name.${figure}`) ? say(`figure-name.${figure}`) : figure)
  const bounds = Object.entries(silence.bounds ?? {}).filter(([figure]) => figure in event.figures)
    .map(([figure, value]) => say(figure === 'percent' ? 'events.silence.bound-below' : 'events.silence.bound-above', { figure: named(figure), value: number(value) }))
  return (
    <div className={css.part}>
      <Notice title={`silence.${silence.kind}`}>
        <p>{[silence.owner, silence.until === null ? say('events.silence.endless') : say('events.silence.until-then', { until: moment(silence.until) })].filter(Boolean).join(' · ')}</p>
        {silence.reason !== '' && <p className={css.said}>{silence.windowId !== null && mayOpen ? <Link to={paths.maintenance({ window: silence.windowId })}>{silence.reason}</Link> : silence.reason}</p>}
        {bounds.length > 0 && <p className="quiet">{say('events.silence.wakes', { bounds: list(bounds) })}</p>}
      </Notice>
    </div>
  )
}
