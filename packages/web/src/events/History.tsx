import type { EventDetail } from '@vigie/domain/events'
import { Ago, useFormat, useText } from '../kit/index.ts'
import css from './events.module.css'

/** What happened to the event, newest first; the figures it had then. */
export function History({ steps }: { steps: EventDetail['steps'] }) {
  const say = useText()
  const { number } = useFormat()
  const figureText = (name: string, value: number | string) => `${say.has(`figure-name.${name}`) ? say(`figure-name.${name}`) : name}${say('events.colon')}${typeof value === 'number' ? number(value) : value}`
  return (
    <ol className={css.history}>
      {steps.toReversed().map((step, index) => (
        <li key={`${step.at}-${step.what}-${index}`}>
          <span className={css.what}>{say(`event-step.${step.what}`)}</span>
          <span className={css.at}><Ago at={step.at} /></span>
          <span className={css.more}>
            {[...(step.by === null ? [] : [step.by]), ...Object.entries(step.figures).filter(([name]) => name !== 'threshold').map(([name, value]) => figureText(name, value))].join(' · ')}
          </span>
        </li>
      ))}
    </ol>
  )
}
