import type { EventDetail } from '@vigie/domain/events'
import { Link, paths, useActor, useFormat, useText } from '../kit/index.ts'
import css from './events.module.css'
import { conditionText } from './words.ts'

/** Which index decided, with its value now in force, and where that comes from: the way to change it is one press away. */
export function Why({ event }: { event: EventDetail }) {
  const say = useText()
  const { number } = useFormat()
  const actor = useActor()
  const explain = conditionText(say, event, 'explain')
  return (
    <>
      {explain !== null && <p className={css.text}>{explain}</p>}
      {event.indexes.length > 0 && (
        <table className={css.indexes}>
          <thead>
            <tr><th scope="col">{say('events.index')}</th><th scope="col">{say('events.index.value')}</th><th scope="col">{say('events.index.from')}</th></tr>
          </thead>
          <tbody>
            {event.indexes.map((index) => {
              const key = `index.${event.category}.${index.name}`
              const from = say(`index-from.${index.from}`)
              return (
                <tr key={index.name}>
                  <td>{say.has(key) ? say(key) : index.name}</td>
                  <td className="figures">{number(index.value)}</td>
                  <td>{actor.can('index.read') ? <Link to={index.from === 'customer' ? paths.customer({ customerId: event.customerId, tab: 'indexes' }) : paths.indexes()}>{from}</Link> : from}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </>
  )
}
