import { categoryById } from '@vigie/domain/categories'
import { detectionOutcomes, eventsApi, leavesInfection, type EventDetail } from '@vigie/domain/events'
import type { ReactNode } from 'react'
import { Infections, RecentDetections } from '../detections/index.ts'
import { Ago, Facts, Icon, Line, Link, Notice, Part, paths, query, useActor, useLoaded, useText } from '../kit/index.ts'
import { AddComment } from './Comments.tsx'
import { EventActions } from './EventActions.tsx'
import { EventCommands } from './EventCommands.tsx'
import css from './events.module.css'
import { EventSigns } from './EventSigns.tsx'
import { History } from './History.tsx'
import { Piece, PieceLevel } from './Piece.tsx'
import { SilenceNotice } from './SilenceNotice.tsx'
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
    <PieceLevel value={withTitle ? 'h3' : 'h2'}>
      <article className={css.explanation}>
        {withTitle && (
          <header className={css.head}>
            <Line>
              <EventSigns event={event} />
              <Link className={css.expand} to={paths.event({ eventId })}>
                <Icon name="external" size={14} />
                {say('events.open-page')}
              </Link>
            </Line>
            <h2>{eventTitle(say, event)}</h2>
            <p className={css.where}>
              <Link to={paths.customer({ customerId: event.customerId })}>{event.customerName}</Link>
              <Icon name="chevronRight" size={12} />
              <Link to={paths.product({ productId: event.productId })}>{event.productName}</Link>
            </p>
          </header>
        )}
        <div className={css.columns}>
          <div className={css.column}>
            {event.state !== 'resolved' && event.silence !== null && <SilenceNotice event={event} silence={event.silence} />}
            {event.state === 'resolved' ? (
              <Notice title="events.resolved">
                <span>
                  {say('events.resolved.about')} <Ago at={event.resolvedAt} />
                </span>
              </Notice>
            ) : (
              <Piece title="events.next">
                {next !== null && <p className={css.text}>{next}</p>}
                <EventActions event={event} />
              </Piece>
            )}
            {actor.can('command.read') && (
              <Part key={`commands-${eventId}`} rows={2}>
                <EventCommands eventId={eventId} />
              </Part>
            )}
            <Piece title={event.state === 'resolved' ? 'events.why-then' : 'events.why'}>
              <Why event={event} />
            </Piece>
            {event.endpoints.length > 0 && (
              <Piece title="events.endpoints">
                <Endpoints event={event} />
              </Piece>
            )}
          </div>
          <div className={css.column}>
            <Piece title="events.since">
              <Since event={event} />
            </Piece>
            {actor.can('detection.read') && behind(event) !== null && (
              <Piece title="events.detections">
                <Behind event={event} />
              </Piece>
            )}
            <Piece title="events.history">
              {actor.can('event.act') && <AddComment key={event.id} eventId={event.id} />}
              <History event={event} />
            </Piece>
          </div>
        </div>
      </article>
    </PieceLevel>
  )
}

function Since({ event }: { event: EventDetail }) {
  const say = useText()
  return (
    <Facts
      facts={[
        ['events.openedAt', <Ago key="opened" at={event.openedAt} />],
        ['events.column.lastRaisedAt', <Ago key="raised" at={event.lastRaisedAt} />],
        [
          'events.column.count',
          <span key="count" className="figures">
            {event.count}
          </span>,
        ],
        ...(event.resetAt === null ? [] : [['events.resetAt', <Ago key="reset" at={event.resetAt} />] as [string, ReactNode]]),
        ...(event.resolvedAt === null ? [] : [['events.resolvedAt', <Ago key="resolved" at={event.resolvedAt} />] as [string, ReactNode]]),
        ['events.column.category', categoryName(say, event.category)],
        ...(event.assignee === null ? [] : [['events.column.assignee', event.assignee.name] as [string, ReactNode]]),
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
          <Infections endpointId={endpoint.id} count={endpoint.infections} />
        </li>
      ))}
    </ul>
  )
}

/** Detections are counted for it, or infections that they left; a scan that is switched off, or an alert, has none behind it. */
function behind({ category, condition }: EventDetail): 'detections' | 'infections' | null {
  const of = categoryById.get(category)
  const fact = of?.facts[of.conditions[condition]?.concerns ?? '']?.of
  return fact === 'detections' ? fact : fact === 'infections' || fact === 'infected-endpoints' ? 'infections' : null
}

/** The records that the event is made of: from an hour before it opened (or its reset) on. */
function Behind({ event }: { event: EventDetail }) {
  // Where malware stayed, the files to look for are those; the rest was dealt with.
  const outcome = behind(event) === 'infections' ? { outcome: detectionOutcomes.filter(leavesInfection).join(',') } : {}
  const from = event.resetAt ?? new Date(Date.parse(event.openedAt) - 3_600_000).toISOString()
  return (
    <Part key={event.id} rows={3}>
      <RecentDetections
        productId={event.productId}
        category={event.category}
        from={from}
        {...outcome}
        {...(event.resolvedAt ? { until: event.resolvedAt } : {})}
      />
    </Part>
  )
}
