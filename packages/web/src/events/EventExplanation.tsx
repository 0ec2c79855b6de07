import { categoryById } from '@vigie/domain/categories'
import { eventsApi, type EventDetail } from '@vigie/domain/events'
import type { ReactNode } from 'react'
import { RecentDetections } from '../detections/index.ts'
import { Ago, AttentionCounts, Facts, Icon, Line, Link, Notice, Part, paths, query, Severity, StateTag, useActor, useLoaded, useText } from '../kit/index.ts'
import { EventActions } from './EventActions.tsx'
import { EventCommands } from './EventCommands.tsx'
import css from './events.module.css'
import { History } from './History.tsx'
import { categoryName, conditionText, eventTitle } from './words.ts'
import { Why } from './Why.tsx'

/**
 * EVT-6: what happened, what to do next, why it was raised, where, since when; then what was done about it. One column in a panel, two on a page.
 * @param withTitle the page around it has no heading of its own
 */
export function EventExplanation({ eventId, withTitle = false }: { eventId: string; withTitle?: boolean }) {
  const say = useText()
  const actor = useActor()
  const event = useLoaded(query(eventsApi.getEvent).with({ params: { eventId } }))
  const next = conditionText(say, event, 'next')
  return (
    <article className={css.explanation}>
      <header className={css.head}>
        <Line>
          <Severity sign={event.severity} />
          <StateTag label={`event-state.${event.state}`} tone={event.state === 'pending' ? 'pending' : 'quiet'} />
          {withTitle && <Link className={css.expand} to={paths.event({ eventId })}><Icon name="external" size={14} />{say('events.open-page')}</Link>}
        </Line>
        {withTitle && (
          <>
            <h2>{eventTitle(say, event)}</h2>
            <p className={css.where}>
              <Link to={paths.customer({ customerId: event.customerId })}>{event.customerName}</Link>
              <Icon name="chevronRight" size={12} />
              <Link to={paths.product({ productId: event.productId })}>{event.productName}</Link>
            </p>
          </>
        )}
      </header>
      <div className={css.columns}>
        <div className={css.column}>
          {event.state === 'resolved' ? (
            <Notice title="events.resolved"><span>{say('events.resolved.about')} <Ago at={event.resolvedAt} /></span></Notice>
          ) : (
            <Piece title="events.next">
              {next !== null && <p className={css.text}>{next}</p>}
              <EventActions event={event} />
            </Piece>
          )}
          <Piece title="events.why"><Why event={event} /></Piece>
          {event.endpoints.length > 0 && <Piece title="events.endpoints"><Endpoints event={event} /></Piece>}
          {actor.can('command.read') && <Part key={`commands-${eventId}`} rows={2}><EventCommands eventId={eventId} /></Part>}
        </div>
        <div className={css.column}>
          <Piece title="events.since"><Since event={event} /></Piece>
          {actor.can('detection.read') && categoryById.get(event.category)?.group === 'threat' && <Piece title="events.detections"><Behind event={event} /></Piece>}
          <Piece title="events.history"><History steps={event.steps} /></Piece>
        </div>
      </div>
    </article>
  )
}

function Piece({ title, children }: { title: string; children: ReactNode }) {
  const say = useText()
  return (
    <section className={css.part}>
      <h3>{say(title)}</h3>
      {children}
    </section>
  )
}

function Since({ event }: { event: EventDetail }) {
  const say = useText()
  return (
    <Facts
      facts={[
        ['events.column.openedAt', <Ago key="opened" at={event.openedAt} />],
        ['events.column.lastRaisedAt', <Ago key="raised" at={event.lastRaisedAt} />],
        ['events.column.count', <span key="count" className="figures">{event.count}</span>],
        ...(event.resetAt === null ? [] : [['events.resetAt', <Ago key="reset" at={event.resetAt} />] as [string, ReactNode]]),
        ...(event.resolvedAt === null ? [] : [['events.resolvedAt', <Ago key="resolved" at={event.resolvedAt} />] as [string, ReactNode]]),
        ['events.column.category', categoryName(say, event.category)],
      ]}
    />
  )
}

function Endpoints({ event }: { event: EventDetail }) {
  return (
    <ul className={css.endpoints}>
      {event.endpoints.map((endpoint) => (
        <li key={endpoint.id}>
          <Link to={paths.endpoint({ endpointId: endpoint.id })}>{endpoint.name}</Link>
          <AttentionCounts actionRequired={endpoint.infections} warning={0} to={() => paths.detections({ endpointId: endpoint.id })} />
        </li>
      ))}
    </ul>
  )
}

/** The records that the event is made of: from an hour before it opened (or its reset) on. */
function Behind({ event }: { event: EventDetail }) {
  const from = event.resetAt ?? new Date(Date.parse(event.openedAt) - 3_600_000).toISOString()
  return (
    <Part key={event.id} rows={3}>
      <RecentDetections productId={event.productId} category={event.category} from={from} {...(event.resolvedAt ? { until: event.resolvedAt } : {})} />
    </Part>
  )
}
