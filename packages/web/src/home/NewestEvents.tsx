import { eventsApi } from '@vigie/domain/events'
import { eventTitle } from '../events/index.ts'
import { Ago, Link, paths, query, Section, Severity, useLoaded, useText } from '../kit/index.ts'
import css from './home.module.css'

export const newest = query(eventsApi.listEvents).with({ query: { limit: 8, sort: '-lastRaisedAt' } })

/** The newest open events of all customers; each opens explained. */
export function NewestEvents() {
  const say = useText()
  const { rows } = useLoaded(newest)
  return (
    <Section title="home.newest" action={<Link to={paths.events()}>{say('home.newest.all')}</Link>}>
      {rows.length === 0 ? (
        <p className={css.none}>{say('home.newest.none')}</p>
      ) : (
        <ul className={css.events}>
          {rows.map((event) => (
            <li key={event.id}>
              <Severity sign={event.severity} iconOnly />
              <Link className={css.title} to={paths.events({ event: event.id })}>{eventTitle(say, event)}</Link>
              <span className={css.where}><Link to={paths.customer({ customerId: event.customerId })}>{event.customerName}</Link> · <Link to={paths.product({ productId: event.productId })}>{event.productName}</Link></span>
              <span className={css.at}><Ago at={event.lastRaisedAt} /></span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
