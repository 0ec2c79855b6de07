import { categoriesOfGroup, conditionsOfMany } from '@vigie/domain/categories'
import { silenceKinds, type Event, type EventDetail, type eventsApi } from '@vigie/domain/events'
import { Problem, type QueryOf, type ReplyOf } from '@vigie/domain/kernel'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'

const columns = `e.id, e.customer_id, c.company, e.product_id, p.description, p.type_id, e.category, e.condition, e.severity, e.state, e.count, e.figures, e.opened_at,
  e.last_raised_at, e.resolved_at, e.reset_at, e.version, e.assignee_id,
  (select vigie.person_name(a.first_name, a.last_name) from account a where a.partner_id = e.partner_id and a.id = e.assignee_id) as assignee_name,
  (select jsonb_build_object('id', s.id, 'kind', s.kind, 'reason', s.reason, 'owner', s.owner_name, 'by', s.by_name, 'since', s.since, 'until', s.until, 'bounds', s.bounds, 'windowId', s.window_id)
   from event_silence s where s.partner_id = e.partner_id and s.id = e.silence_id) as silence`
const from = `event e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id join product p on p.partner_id = e.partner_id and p.id = e.product_id`

export interface EventRow {
  id: string
  customer_id: string
  company: string
  product_id: string
  description: string
  type_id: string
  category: string
  condition: string
  severity: Event['severity']
  state: Event['state']
  count: number
  figures: Event['figures']
  opened_at: Date
  last_raised_at: Date
  resolved_at: Date | null
  reset_at: Date | null
  version: number
  assignee_id: string | null
  assignee_name: string | null
  silence: Event['silence']
}

export const toEvent = (row: EventRow): Event => ({
  id: row.id,
  customerId: row.customer_id,
  customerName: row.company,
  productId: row.product_id,
  productName: row.description,
  typeId: row.type_id,
  category: row.category,
  condition: row.condition,
  severity: row.severity,
  state: row.state,
  count: row.count,
  figures: row.figures,
  openedAt: row.opened_at.toISOString(),
  lastRaisedAt: row.last_raised_at.toISOString(),
  resolvedAt: row.resolved_at?.toISOString() ?? null,
  resetAt: row.reset_at?.toISOString() ?? null,
  assignee: row.assignee_id === null ? null : { id: row.assignee_id, name: row.assignee_name ?? '' },
  silence: row.silence && {
    ...row.silence,
    since: new Date(row.silence.since).toISOString(),
    until: row.silence.until === null ? null : new Date(row.silence.until).toISOString(),
  },
  version: row.version,
})

const sorts = {
  lastRaisedAt: [{ sql: 'e.last_raised_at', type: 'timestamptz' }],
  openedAt: [{ sql: 'e.opened_at', type: 'timestamptz' }],
  severity: [
    { sql: 'e.severity_rank', type: 'integer' },
    { sql: 'e.opened_at', type: 'timestamptz' },
  ],
  customer: [
    { sql: 'c.company_key', type: 'text' },
    { sql: 'e.last_raised_at', type: 'timestamptz' },
  ],
} as const

export type EventQuery = QueryOf<typeof eventsApi.listEvents>
type Matching = Omit<EventQuery, 'limit' | 'cursor'>

/** What the filters say; all of them hold. @param me whose `assignee=me` it is */
function conditions(query: Matching, me: string, params: Params): string[] {
  const states = query.state ?? ['unresolved', 'pending']
  const withResolved = states.includes('resolved')
  // said so that the partial indexes of open events can serve
  const where: string[] = withResolved ? [] : [`e.state <> 'resolved'`]
  if (states.length < (withResolved ? 3 : 2)) where.push(`e.state = any(${params.add(states)}::text[])`)
  const silence = silent(query.silence ?? ['none'], params)
  if (silence !== null) where.push(withResolved ? `(e.state = 'resolved' or ${silence})` : silence)
  if (query.severity) where.push(`e.severity = any(${params.add(query.severity)}::text[])`)
  if (query.isFolded && !query.category)
    where.push(
      `(e.category <> all(${params.add(conditionsOfMany.map(({ category }) => category))}::text[]) or e.condition <> all(${params.add(conditionsOfMany.map(({ condition }) => condition))}::text[]))`,
    )
  if (query.category) where.push(`e.category = ${params.add(query.category)}`)
  if (query.group) where.push(`e.category = any(${params.add(query.group.flatMap(categoriesOfGroup))}::text[])`)
  if (query.customerId) where.push(`e.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`e.product_id = ${params.add(query.productId)}`)
  if (query.typeId) where.push(`p.type_id = any(${params.add(query.typeId)}::text[])`)
  if (query.tag)
    where.push(`e.customer_id in (select t.customer_id from customer_tag t where t.tag = any(${params.add(query.tag)}::text[]))`)
  if (query.assignee) {
    const ids = [...new Set(query.assignee.filter((one) => one !== 'nobody').map((one) => (one === 'me' ? me : one)))]
    // one, as nearly always: its index gives the order as well
    const any =
      ids.length === 0
        ? []
        : [ids.length === 1 ? `e.assignee_id = ${params.add(ids[0])}` : `e.assignee_id = any(${params.add(ids)}::uuid[])`]
    where.push(`(${[...any, ...(query.assignee.includes('nobody') ? ['e.assignee_id is null'] : [])].join(' or ')})`)
  }
  if (query.q) {
    const pattern = `vigie.fold(${params.add(likePattern(query.q))})`
    where.push(`(c.search_key like ${pattern} or p.description_key like ${pattern})`)
  }
  return where
}

/** The tables that filters and order ask, and no other. */
const sourcesOf = ({ q, typeId, sort }: Matching): string =>
  [
    'event e',
    ...(q || sort.endsWith('customer') ? ['join customer c on c.partner_id = e.partner_id and c.id = e.customer_id'] : []),
    ...(q || typeId ? ['join product p on p.partner_id = e.partner_id and p.id = e.product_id'] : []),
  ].join(' ')

/** Null: whatever it is. */
function silent(wanted: NonNullable<Matching['silence']>, params: Params): string | null {
  const kinds = wanted.filter((one) => one !== 'none')
  if (kinds.length === 0) return 'e.silence_id is null'
  if (kinds.length === silenceKinds.length) return wanted.includes('none') ? null : 'e.silence_id is not null'
  const ofKind = `(e.silence_id is not null and ${kinds.length === 1 ? `e.silence_kind = ${params.add(kinds[0])}` : `e.silence_kind = any(${params.add(kinds)}::text[])`})`
  return wanted.includes('none') ? `(e.silence_id is null or ${ofKind})` : ofKind
}

/**
 * Without `state` the open ones, without `silence` those that ask for attention. Plan: the sort's own index, partial where only open ones are asked; by customer, product and assignee theirs
 * (store.plan.test.ts).
 */
export async function list(db: TenantDb, query: EventQuery, me: string): Promise<{ rows: Event[]; nextCursor: string | null }> {
  const params = new Params()
  const where = conditions(query, me, params)
  const page = keyset(sorts, 'e.id', query, params)
  where.push(page.where)
  // the page first, then what is told of its rows: joined before, PostgreSQL read all customers and products for a list of 300
  const { rows } = await db.query<EventRow & { keys: string[] }>(
    `with page as materialized (select e.*, ${page.keys} as keys from ${sourcesOf(query)} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)})
     select ${columns}, e.keys from ${from.replace('event e', 'page e')} order by ${page.orderBy}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toEvent), nextCursor: shown.nextCursor }
}

/** What a folded list leaves out, by the same filters: of the one category that has such events. Plan: event_open_category, of the open ones (store.plan.test.ts). */
export async function folded(db: TenantDb, query: EventQuery, me: string): Promise<ReplyOf<typeof eventsApi.listEvents>['folded']> {
  const [{ category } = { category: '' }] = conditionsOfMany
  if (!query.isFolded || query.category || query.cursor) return null
  const params = new Params()
  const where = conditions({ ...query, isFolded: false, category }, me, params)
  where.push(`e.condition = any(${params.add(conditionsOfMany.map(({ condition }) => condition))}::text[])`)
  const {
    rows: [found],
  } = await db.query<{ count: number; customers: number }>(
    `select count(*)::integer as count, count(distinct e.customer_id)::integer as customers from ${sourcesOf({ ...query, sort: 'lastRaisedAt' })} where ${where.join(' and ')}`,
    params.values,
  )
  return found!.count === 0 ? null : { category, ...found! }
}

/** Ids of all that match, in the list's order, at most so many; and how many there are. */
export async function matches(db: TenantDb, query: Matching, me: string, most: number): Promise<{ ids: string[]; total: number }> {
  const params = new Params()
  const where = conditions(query, me, params)
  const page = keyset(sorts, 'e.id', { ...query, limit: most }, params)
  const {
    rows: [found],
  } = await db.query<{ ids: string[]; total: number }>(
    `with found as materialized (select e.id, row_number() over (order by ${page.orderBy}) as place from ${sourcesOf(query)} where ${[...where, 'true'].join(' and ')})
     select coalesce(array_agg(id order by place) filter (where place <= ${params.add(most)}), '{}') as ids, count(*)::integer as total from found`,
    params.values,
  )
  return found!
}

/** Those of them that are there for the asker, by id. */
export async function getMany(db: TenantDb, ids: readonly string[]): Promise<Event[]> {
  return (await db.query<EventRow>(`select ${columns} from ${from} where e.id = any($1::uuid[]) order by e.id`, [ids])).rows.map(toEvent)
}

/** @throws event.not-found */
export async function get(db: TenantDb, id: string): Promise<Event> {
  const {
    rows: [row],
  } = await db.query<EventRow>(`select ${columns} from ${from} where e.id = $1`, [id])
  if (!row) throw new Problem('event.not-found', { eventId: id })
  return toEvent(row)
}

/** Locks until commit. @throws event.not-found */
export async function lock(db: TenantDb, id: string): Promise<Event> {
  const { rowCount } = await db.query('select from event where id = $1 for no key update', [id])
  if (rowCount === 0) throw new Problem('event.not-found', { eventId: id })
  return await get(db, id)
}

export async function stepsOf(db: TenantDb, eventId: string): Promise<EventDetail['steps']> {
  const { rows } = await db.query<{
    at: Date
    what: StepKind
    by_name: string | null
    by_id: string | null
    figures: Event['figures']
    details: StepDetails
  }>('select at, what, by_name, by_id, figures, details from event_step where event_id = $1 order by position', [eventId])
  return rows.map((row) => ({
    at: row.at.toISOString(),
    what: row.what,
    by: row.by_name,
    byId: row.by_id,
    figures: row.figures,
    details: row.details,
  }))
}

export type StepKind = EventDetail['steps'][number]['what']
export type StepDetails = EventDetail['steps'][number]['details']

/** One line of the event's history (EVT-2). The caller holds the event's lock. */
export async function addStep(
  db: TenantDb,
  event: { id: string; customerId: string },
  what: StepKind,
  at: Date,
  by: { id: string | null; name: string } | null,
  figures: Event['figures'] = {},
): Promise<void> {
  await db.query(
    `insert into event_step (partner_id, event_id, position, customer_id, at, what, by_id, by_name, figures)
     select $1, $2, coalesce(max(position), 0) + 1, $3, $4, $5, $6, $7, $8 from event_step where event_id = $2`,
    [db.tenant.partnerId, event.id, event.customerId, at, what, by?.id ?? null, by?.name ?? null, JSON.stringify(figures)],
  )
  db.announce({ kind: 'event', id: event.id, customerId: event.customerId })
}

/** EVT-4: the category's figures of this product count from `now`; minutes counted before are forgotten, so that not one of this minute stays. */
export async function countFromNow(db: TenantDb, event: Event, now: Date): Promise<void> {
  await db.query(
    `insert into count_from (partner_id, product_id, category, customer_id, since) values ($1, $2, $3, $4, $5)
     on conflict (partner_id, product_id, category) do update set since = excluded.since`,
    [db.tenant.partnerId, event.productId, event.category, event.customerId, now],
  )
  await db.query('delete from tally_minute where product_id = $1 and category = $2', [event.productId, event.category])
  await db.query('update event set reset_at = $2, version = version + 1 where id = $1', [event.id, now])
}

export async function setState(db: TenantDb, id: string, state: Event['state']): Promise<void> {
  await db.query('update event set state = $2, version = version + 1 where id = $1', [id, state])
}
