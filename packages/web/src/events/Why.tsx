import { isThreshold, type EventDetail } from '@vigie/domain/events'
import { Link, paths, useActor, useFormat, useText } from '../kit/index.ts'
import css from './events.module.css'
import { conditionText, decidedBy } from './words.ts'

/** The rule in words; what was measured; which index decided, its value now in force and where that comes from, one press from changing it. */
export function Why({ event }: { event: EventDetail }) {
  const say = useText()
  const { number } = useFormat()
  const actor = useActor()
  const explain = conditionText(say, event, 'explain')
  const indexes = decidedBy(event, event.indexes)
  const figures = Object.entries(event.figures).filter(([name]) => !isThreshold(name))
  return (
    <>
      {explain !== null && <p className={css.text}>{explain}</p>}
      <table className={css.measured}>
        <tbody>
          {figures.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{say.has(`figure-name.${name}`) ? say(`figure-name.${name}`) : name}</th>
              <td className="figures">{typeof value === 'number' ? number(value) : value}</td>
              <td>{say('events.measured')}</td>
            </tr>
          ))}
          {indexes.map((index) => {
            const key = `index.${event.category}.${index.name}`
            const from = say(`index-from.${index.from}`, { tag: index.tag ?? '' })
            return (
              <tr key={`index-${index.name}`}>
                <th scope="row">{say.has(key) ? say(key) : index.name}</th>
                <td className="figures">{number(index.value)}</td>
                <td>
                  {say('events.threshold')} ·{' '}
                  {actor.can('index.read') ? (
                    <Link
                      to={
                        index.from === 'customer'
                          ? paths.customer({ customerId: event.customerId, tab: 'indexes' })
                          : paths.indexes(index.tag === null ? {} : { tag: index.tag })
                      }
                    >
                      {from}
                    </Link>
                  ) : (
                    from
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}
