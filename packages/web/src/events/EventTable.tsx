import { categories, categoryGroups } from '@vigie/domain/categories'
import { eventsApi, eventStates, severities, type Event } from '@vigie/domain/events'
import {
  columns, csvOf, DataTable, Empty, Link, Part, paths, query, Severity, SidePanel, sortedBy, useAddress, useLoaded, useText, type Action, type Filter, type Sign,
} from '../kit/index.ts'
import { EventExplanation } from './EventExplanation.tsx'
import { useEventActions } from './useEventActions.tsx'
import { categoryName, eventTitle, mendedBy } from './words.ts'

interface Fixed {
  customerId?: string
  productId?: string
}
export const eventList = (fixed: Fixed = {}) => query(eventsApi.listEvents).list(sortedBy('-lastRaisedAt', fixed as Record<string, string>))

export const stateTones: Readonly<Record<Event['state'], Sign | 'quiet' | 'good'>> = { unresolved: 'quiet', pending: 'pending', resolved: 'good' }

function Title({ event }: { event: Event }) {
  const words = eventTitle(useText(), event)
  return <span title={words}>{words}{event.count > 1 && <span className="faint figures"> ×{event.count}</span>}</span>
}
const Category = ({ event }: { event: Event }) => <>{categoryName(useText(), event.category)}</>

const column = columns<Event>('events.column')
const severity = column.cell('severity', (event) => <Severity sign={event.severity} />, { width: 140, sort: true })
const what = column.cell('what', (event) => <Title event={event} />, { main: true, minWidth: 240 })
const customer = column.cell('customer', (event) => <Link to={paths.customer({ customerId: event.customerId })}>{event.customerName}</Link>, { width: 160, sort: true })
const product = column.cell('product', (event) => <Link to={paths.product({ productId: event.productId })}>{event.productName}</Link>, { width: 125 })
const tail = [
  column.cell('category', (event) => <Category event={event} />, { width: 150, hidden: true }),
  column.cell('count', (event) => <span className="figures">{event.count}</span>, { width: 80, align: 'end', hidden: true }),
  column.ago('openedAt', { sort: true, width: 110 }),
  column.ago('lastRaisedAt', { sort: true, width: 120, hidden: true }),
  column.state('state', (event) => ({ label: `event-state.${event.state}`, tone: stateTones[event.state] }), { width: 170 }),
]
const shown = { all: [severity, what, customer, product, ...tail], customer: [severity, what, product, ...tail], product: [severity, what, ...tail] }

const filters: Filter[] = [
  { key: 'severity', label: 'events.column.severity', options: severities.map((value) => ({ value, label: `severity.${value}` })) },
  { key: 'state', label: 'events.column.state', options: eventStates.map((value) => ({ value, label: `event-state.${value}` })) },
  { key: 'group', label: 'events.column.group', options: categoryGroups.map((value) => ({ value, label: `category-group.${value}` })) },
  { key: 'category', label: 'events.column.category', isSingle: true, options: categories.map(({ id }) => ({ value: id, label: `category.${id}` })) },
]

/** Events, the opened one explained beside. Without a state filter: the open ones. @param fixed whose; nothing: all that one may see */
export function EventTable({ fixed = {}, filters: more = [] }: { fixed?: Fixed; filters?: Filter[] }) {
  const at = useAddress()
  const asking = eventList(fixed)
  const list = useLoaded(asking)
  const act = useEventActions()
  const actions = (event: Event): Action[] =>
    !act.mayAct ? [] : [
      ...mendedBy(event).slice(0, 1).map((type): Action => ({ label: `command.${type}`, icon: 'play', disabledReason: act.blocked(event), onSelect: () => void act.resolve(event) })),
      { label: 'events.reset', icon: 'refresh', disabledReason: act.blocked(event), onSelect: () => act.reset(event) },
    ]
  const bulk = (events: Event[]): Action[] => [
    {
      label: 'events.resolve', icon: 'play',
      disabledReason: events.every((event) => event.state !== 'resolved' && act.unmendable(event) === undefined) ? undefined : 'events.resolve-many.some-cannot',
      onSelect: () => act.resolveMany(events),
    },
    { label: 'events.reset', icon: 'refresh', disabledReason: events.some((event) => event.state === 'resolved') ? 'events.reset-many.some-resolved' : undefined, onSelect: () => act.resetMany(events) },
  ]
  return (
    <>
      <DataTable
        {...list}
        name="events.title"
        columns={fixed.productId ? shown.product : fixed.customerId ? shown.customer : shown.all}
        sort="-lastRaisedAt"
        {...(fixed.productId ? {} : { search: 'events.search' })}
        filters={[...filters, ...more]}
        {...(fixed.customerId || fixed.productId ? {} : { views: 'events' as const })}
        csv={csvOf(eventsApi.exportEvents, asking(at))}
        actions={actions}
        {...(act.mayAct ? { bulk } : {})}
        opens={(event) => `?event=${event.id}`}
        openId={at.search['event']}
        empty={<Empty icon="shield" title="events.none" about="events.none.about" />}
      />
      <SidePanel param="event" label="events.one" ids={list.rows.map((event) => event.id)}>
        {(id) => <Part key={id}><EventExplanation eventId={id} withTitle /></Part>}
      </SidePanel>
    </>
  )
}
