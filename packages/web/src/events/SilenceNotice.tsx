import { lessIsWorse, type Event, type Silence } from '@vigie/domain/events'
import { Link, Notice, paths, useActor, useFormat, useText } from '../kit/index.ts'
import css from './events.module.css'

/** What wakes it before its end, figure by figure; null: nothing does. */
export function useWakes(): (figures: Event['figures'], bounds: Readonly<Record<string, number>>) => string | null {
  const say = useText()
  const { number, list } = useFormat()
  const named = (figure: string) => (say.has(`figure-name.${figure}`) ? say(`figure-name.${figure}`) : figure)
  return (figures, bounds) => {
    const words = Object.entries(bounds)
      .filter(([figure]) => figure in figures)
      .map(([figure, value]) =>
        say(lessIsWorse(figure) ? 'events.silence.bound-below' : 'events.silence.bound-above', {
          figure: named(figure),
          value: number(value),
        }),
      )
    return words.length === 0 ? null : say('events.silence.wakes', { bounds: list(words) })
  }
}

/** Why an open event asks for no attention: who said so, until when, and what wakes it before. */
export function SilenceNotice({ event, silence }: { event: Pick<Event, 'figures'>; silence: Silence }) {
  const say = useText()
  const mayOpen = useActor().can('maintenance.read')
  const { moment } = useFormat()
  const wakes = useWakes()(event.figures, silence.bounds ?? {})
  return (
    <div className={css.part}>
      <Notice title={`silence.${silence.kind}`}>
        <p>
          {[
            silence.owner,
            silence.until === null ? say('events.silence.endless') : say('events.silence.until-then', { until: moment(silence.until) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {silence.reason !== '' && (
          <p className={css.said}>
            {silence.windowId !== null && mayOpen ? (
              <Link to={paths.maintenance({ window: silence.windowId })}>{silence.reason}</Link>
            ) : (
              silence.reason
            )}
          </p>
        )}
        {wakes !== null && <p className="quiet">{wakes}</p>}
      </Notice>
    </div>
  )
}
