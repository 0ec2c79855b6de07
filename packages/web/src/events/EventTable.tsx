import { categories, categoryGroups } from '@vigie/domain/categories'
import { eventsApi, eventStates, severities, silences, type Event } from '@vigie/domain/events'
import { productsApi } from '@vigie/domain/products'
import { customersApi } from '@vigie/domain/customers'
import {
  api,
  columns,
  csvOf,
  DataTable,
  Empty,
  lazily,
  Link,
  Part,
  paths,
  query,
  Severity,
  SidePanel,
  sortedBy,
  StateTag,
  useActor,
  useAddress,
  useLoaded,
  useQuietly,
  useText,
  type Action,
  type Filter,
  type Sign,
} from '../kit/index.ts'
import css from './events.module.css'
import { orderOf } from './order.ts'
import { useEventActions } from './useEventActions.tsx'
import { useWork } from './useWork.tsx'
import { categoryName, eventTitle, mendedBy } from './words.ts'

/** Of the side panel: the list is here before it. */
const EventExplanation = lazily(() => import('./EventExplanation.tsx'), 'EventExplanation')
/** Only in an outbreak. */
const Folded = lazily(() => import('./Folded.tsx'), 'Folded')

interface Fixed {
  customerId?: string
  productId?: string
}
export const eventList = (fixed: Fixed = {}) =>
  query(eventsApi.listEvents).list((at) =>
    sortedBy(orderOf(at), { ...fixed, ...(fixed.productId ? {} : { isFolded: 'true' }) } as Record<string, string>)(at),
  )

export const stateTones: Readonly<Record<Event['state'], Sign | 'quiet' | 'good'>> = {
  unresolved: 'quiet',
  pending: 'pending',
  resolved: 'good',
}

function Title({ event }: { event: Event }) {
  const words = eventTitle(useText(), event)
  return (
    <span title={words}>
      {words}
      {event.count > 1 && <span className="faint figures"> ×{event.count}</span>}
    </span>
  )
}
/** An open event that is kept silent says so instead of its state. */
const State = ({ event }: { event: Event }) =>
  event.silence !== null && event.state !== 'resolved' ? (
    <StateTag label={`silence.${event.silence.kind}`} tone="quiet" />
  ) : (
    <StateTag label={`event-state.${event.state}`} tone={stateTones[event.state]} />
  )
const Category = ({ event }: { event: Event }) => <>{categoryName(useText(), event.category)}</>

const bulkIcons = { assign: 'user', snoozed: 'clock', accepted: 'shield', wake: 'bell', resolve: 'play', reset: 'refresh' } as const

const column = columns<Event>('events.column')
/** A resolved one is no longer bad: how bad it was is said in words only. */
const severity = column.cell(
  'severity',
  (event) =>
    event.state === 'resolved' ? <StateTag label={`severity.${event.severity}`} tone="quiet" /> : <Severity sign={event.severity} />,
  { width: 140, sort: true, fromTop: true },
)
const what = column.cell('what', (event) => <Title event={event} />, { main: true, minWidth: 240 })
const customer = column.cell(
  'customer',
  (event) => <Link to={paths.customer({ customerId: event.customerId })}>{event.customerName}</Link>,
  { width: 160, sort: true },
)
const product = column.cell('product', (event) => <Link to={paths.product({ productId: event.productId })}>{event.productName}</Link>, {
  width: 125,
})
const tail = [
  column.cell('category', (event) => <Category event={event} />, { width: 150, hidden: true }),
  column.cell('count', (event) => <span className="figures">{event.count}</span>, { width: 80, align: 'end', hidden: true }),
  column.ago('openedAt', { sort: true, width: 110 }),
  column.ago('lastRaisedAt', { sort: true, width: 120, hidden: true }),
  column.text('assignee', (event) => event.assignee?.name ?? null, { width: 120 }),
  column.cell('state', (event) => <State event={event} />, { width: 185 }),
]
const shown = {
  all: [severity, what, customer, product, ...tail],
  customer: [severity, what, product, ...tail],
  product: [severity, what, ...tail],
}

const filters: Filter[] = [
  { key: 'severity', label: 'events.column.severity', options: severities.map((value) => ({ value, label: `severity.${value}` })) },
  { key: 'state', label: 'events.column.state', options: eventStates.map((value) => ({ value, label: `event-state.${value}` })) },
  { key: 'group', label: 'events.column.group', options: categoryGroups.map((value) => ({ value, label: `category-group.${value}` })) },
  { key: 'silence', label: 'events.column.silence', options: silences.map((value) => ({ value, label: `silence.${value}` })) },
  {
    key: 'category',
    label: 'events.column.category',
    isSingle: true,
    options: categories.map(({ id }) => ({ value: id, label: `category.${id}` })),
  },
]

const assignees = query(eventsApi.listAssignees).with({})
const catalogue = query(productsApi.getCatalogue).with({})
export const tagsInUse = query(customersApi.listTags).with({})

/** Who works on it; and over all customers which type, and whose tag. All of them stand there from the first paint, else they push the list down: what can be chosen may come later, whether there are tags is asked with the list. */
function useWiderFilters(isOfOne: boolean): Filter[] {
  const actor = useActor()
  const people = useQuietly(actor.can('event.act') ? assignees : null)?.rows ?? []
  const types =
    useQuietly(!isOfOne && actor.can('product.read') ? catalogue : null)?.types.filter((type) => type.isConnectable || type.isSimulated) ??
    []
  const tags = useQuietly(!isOfOne && actor.can('customer.update') ? tagsInUse : null)?.rows.map(({ tag }) => tag) ?? []
  const chosen = useAddress().search['tag']?.split(',') ?? []
  const named = (values: readonly string[]) => values.map((value) => ({ value, label: { text: value } }))
  return [
    ...(actor.can('event.act')
      ? [
          {
            key: 'assignee',
            label: 'events.column.assignee',
            options: [
              { value: 'me', label: 'events.mine' },
              { value: 'nobody', label: 'events.nobody' },
              ...people.filter(({ id }) => id !== actor.account.id).map(({ id, name }) => ({ value: id, label: { text: name } })),
            ],
          },
        ]
      : []),
    ...(!isOfOne && actor.can('product.read')
      ? [
          {
            key: 'typeId',
            label: 'common.product',
            options: types.map((type) => ({ value: type.id, label: `product-type.${type.id}.name` })),
          },
        ]
      : []),
    ...(!isOfOne && tags.length > 0
      ? [{ key: 'tag', label: 'events.filter.tag', options: named([...new Set([...chosen, ...tags])]) }]
      : []),
  ]
}

/** Events, the opened one explained beside. Without a state filter: the open ones. @param fixed whose; nothing: all that one may see */
export function EventTable({ fixed = {}, filters: more = [] }: { fixed?: Fixed; filters?: Filter[] }) {
  const at = useAddress()
  const asking = eventList(fixed)
  const list = useLoaded(asking)
  const act = useEventActions()
  const work = useWork()
  const wider = useWiderFilters(fixed.customerId !== undefined || fixed.productId !== undefined)
  const actions = (event: Event): Action[] =>
    !act.mayAct
      ? []
      : [
          ...mendedBy(event)
            .slice(0, 1)
            .map((type): Action => ({
              label: `command.${type}`,
              icon: 'play',
              disabledReason: act.blocked(event) ?? (event.state === 'pending' ? 'events.resolve.under-way' : undefined),
              onSelect: () => void act.resolve(event),
            })),
          { label: 'events.reset', icon: 'refresh', disabledReason: act.unresettable(event), onSelect: () => act.reset(event) },
          ...work.actions(event),
        ]
  // each says for itself which of them it could not be done to, so that all of a filter may be chosen
  const bulk = (events: Event[], ids: readonly string[], clear: () => void): Action[] =>
    (['assign', 'snoozed', 'accepted', 'wake', 'resolve', 'reset'] as const).map((kind): Action => ({
      label: `events.bulk.go.${kind}`,
      icon: bulkIcons[kind],
      onSelect: () => work.start(kind, events, ids, clear),
    }))
  const { cursor: _cursor, limit: _limit, ...matching } = (asking(at).queryKey[1] as { query: Record<string, string> }).query
  return (
    <>
      {list.folded && (
        <div className={css.folded}>
          <Part rows={0}>
            <Folded {...list.folded} />
          </Part>
        </div>
      )}
      <DataTable
        {...list}
        name="events.title"
        columns={fixed.productId ? shown.product : fixed.customerId ? shown.customer : shown.all}
        sort={orderOf(at)}
        {...(fixed.productId ? {} : { search: 'events.search' })}
        filters={[...filters, ...wider, ...more]}
        {...(fixed.customerId || fixed.productId ? {} : { views: 'events' as const })}
        csv={csvOf(eventsApi.exportEvents, asking(at))}
        actions={actions}
        {...(act.mayAct ? { bulk, matches: () => api(eventsApi.matchEvents).call({ query: matching }) } : {})}
        opens={(event) => `?event=${event.id}`}
        openId={at.search['event']}
        empty={<Empty icon="shield" title="events.none" about="events.none.about" />}
      />
      <SidePanel param="event" label="events.one" ids={list.rows.map((event) => event.id)}>
        {(id) => (
          <Part key={id}>
            <EventExplanation eventId={id} withTitle />
          </Part>
        )}
      </SidePanel>
      {work.dialog}
    </>
  )
}
