import { categoriesOfGroup, categoryGroups } from '@vigie/domain/categories'
import type { CommandStep } from '@vigie/domain/commands'
import type { TenantDb } from '../platform/index.ts'
import type { HeldFacts } from './history.ts'
import type { Changed, Figures, Opened, Standing } from './plan.ts'

/**
 * Takes products whose time has come, for so long as the lease lasts: who dies meanwhile leaves them due again. Data that comes while they are assessed makes them due
 * at once (`markDue` takes the earlier time). Plan: index assessment_due_at.
 */
export async function claimDue(db: TenantDb, now: Date, leaseUntil: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ product_id: string }>(
    `update assessment_due d set due_at = $2 from (select product_id from assessment_due where due_at <= $1 order by due_at limit $3 for update skip locked) c
     where d.product_id = c.product_id returning d.product_id`,
    [now, leaseUntil, limit],
  )
  return rows.map(({ product_id }) => product_id)
}

/** Looks again at `nextAt`, or when something comes; but at once if something came meanwhile. */
export async function settleDue(
  db: TenantDb,
  leaseUntil: Date,
  settled: readonly { productId: string; nextAt: Date | null }[],
): Promise<void> {
  await db.query(
    `with r as materialized (select d.product_id, r."nextAt" as next_at from json_to_recordset($1) as r ("productId" uuid, "nextAt" timestamptz)
         join assessment_due d on d.product_id = r."productId" where d.due_at = $2 order by 1 for update of d),
       later as (update assessment_due d set due_at = r.next_at from r where d.product_id = r.product_id and r.next_at is not null)
     delete from assessment_due d using r where d.product_id = r.product_id and r.next_at is null`,
    [JSON.stringify(settled), leaseUntil],
  )
}

export interface AssessedProduct {
  id: string
  customerId: string
  typeId: string
  description: string
  company: string
  /** Facts that were not calm when it was last assessed. */
  uneasy: string[]
  /** Of those that are kept at their changes, what is going on, by category and name; null: never looked at since this is kept. */
  held: HeldFacts | null
}

/** Locked in the order of ids: of two processes with the same product the second sees what the first did. */
export async function lockProducts(db: TenantDb, ids: readonly string[]): Promise<AssessedProduct[]> {
  const { rows } = await db.query<AssessedProduct>(
    `select p.id, p.customer_id as "customerId", p.type_id as "typeId", p.description, c.company, p.uneasy, p.held from product p join customer c on c.id = p.customer_id
     where p.id = any($1) order by p.id for no key update of p`,
    [ids],
  )
  return rows
}

const columns = `e.id, e.product_id as "productId", e.category, e.condition, e.state, e.count, e.figures, e.last_raised_at as "lastRaisedAt", e.noted_at as "notedAt", e.severity, e.silence_id as "silenceId", e.told_at as "toldAt", e.has_news as "hasNews"`

/** Open events, and those resolved since, which may go on. */
export async function readStanding(db: TenantDb, productIds: readonly string[], resolvedSince: Date): Promise<Standing[]> {
  const [open, resolved] = await Promise.all([
    db.query<Standing>(`select ${columns} from event e where e.product_id = any($1) and e.state <> 'resolved'`, [productIds]),
    db.query<Standing>(
      `select distinct on (e.product_id, e.category, e.condition) ${columns} from event e where e.product_id = any($1) and e.state = 'resolved' and e.resolved_at > $2
       order by e.product_id, e.category, e.condition, e.resolved_at desc`,
      [productIds, resolvedSince],
    ),
  ])
  const isOpen = new Set(open.rows.map(({ productId, category, condition }) => `${productId} ${category} ${condition}`))
  const standing = [
    ...open.rows,
    ...resolved.rows.filter(({ productId, category, condition }) => !isOpen.has(`${productId} ${category} ${condition}`)),
  ]
  const pending = open.rows.filter(({ state }) => state === 'pending')
  const commands =
    pending.length === 0
      ? []
      : (
          await db.query<{ event_id: string; step: CommandStep; changedAt: Date }>(
            `select c.event_id, c.step, coalesce((select max(s.at) from command_step s where s.command_id = c.id), c.sent_at) as "changedAt"
     from command c where c.event_id = any($1) and c.sent_at = (select max(l.sent_at) from command l where l.event_id = c.event_id)`,
            [pending.map(({ id }) => id)],
          )
        ).rows
  return standing.map((event) => ({ ...event, commands: commands.filter(({ event_id }) => event_id === event.id) }))
}

/** Values by category and index name. */
export type IndexValues = Record<string, Record<string, number>>
export interface Tuned {
  business: IndexValues
  /** Of the customer's tags, by tag. */
  byTag: Record<string, IndexValues>
  customer: IndexValues
}

/** What the business, the customer's tags and the customer tuned (EVT-3). */
export async function readIndexes(db: TenantDb, customerIds: readonly string[]): Promise<(customerId: string) => Tuned> {
  const { rows } = await db.query<{
    customer_id: string | null
    tag: string | null
    customers: string[] | null
    category: string
    name: string
    value: number
  }>(
    `select v.customer_id, v.tag, v.category, v.name, v.value,
       case when v.tag is not null then array(select t.customer_id from customer_tag t where t.tag = v.tag and t.customer_id = any($1)) end as customers
     from index_value v where v.customer_id is null or v.customer_id = any($1)`,
    [customerIds],
  )
  const business: IndexValues = {}
  const own = new Map<string, IndexValues>()
  const tags = new Map<string, Record<string, IndexValues>>()
  const put = (values: IndexValues, { category, name, value }: { category: string; name: string; value: number }) =>
    void ((values[category] ??= {})[name] = value)
  const of = <T>(map: Map<string, Record<string, T>>, id: string) => {
    const found = map.get(id) ?? {}
    map.set(id, found)
    return found
  }
  for (const row of rows) {
    if (row.customer_id !== null) put(of(own, row.customer_id), row)
    else if (row.tag === null) put(business, row)
    else for (const id of row.customers ?? []) put((of(tags, id)[row.tag] ??= {}), row)
  }
  return (customerId) => ({ business, byTag: tags.get(customerId) ?? {}, customer: own.get(customerId) ?? {} })
}

/** Values of one category, by tag. */
export const ofCategory = (byTag: Tuned['byTag'], category: string): Record<string, Record<string, number>> =>
  Object.fromEntries(Object.entries(byTag).flatMap(([tag, values]) => (values[category] ? [[tag, values[category]]] : [])))

/** Products of customers whose tags changed, where a threshold or a maintenance window of a tag may decide anew. */
export async function productsRetagged(db: TenantDb, customerIds: readonly string[]): Promise<{ productId: string; customerId: string }[]> {
  const { rows } = await db.query<{ productId: string; customerId: string }>(
    `select p.id as "productId", p.customer_id as "customerId" from product p where p.customer_id = any($1) and p.last_seen_at is not null
       and (exists (select from index_value where tag is not null) or exists (select from maintenance_window where tag is not null and ends_at is not null)) order by p.id`,
    [customerIds],
  )
  return rows
}

export interface NewEvent extends Opened {
  id: string
  productId: string
  customerId: string
  /** Opens silent: its condition is, for now. */
  silenceId: string | null
  silenceKind: string | null
}
/** Descending is worst first. */
const ranks = { 'action-required': 2, warning: 1 } as const

export async function insertEvents(db: TenantDb, events: readonly NewEvent[], now: Date): Promise<void> {
  await db.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, figures, opened_at, last_raised_at, silence_id, silence_kind)
     select $1, r.id, r."customerId", r."productId", r.category, r.condition, r.severity, r.rank, 'unresolved', r.figures, $2, $2, r."silenceId", r."silenceKind"
     from json_to_recordset($3) as r (id uuid, "customerId" uuid, "productId" uuid, category text, condition text, severity text, rank integer, figures jsonb, "silenceId" uuid, "silenceKind" text)`,
    [db.tenant.partnerId, now, JSON.stringify(events.map((event) => ({ ...event, rank: ranks[event.severity] })))],
  )
}

export async function updateEvents(db: TenantDb, changes: readonly Changed[], now: Date): Promise<void> {
  await db.query(
    `update event e set state = r.state, count = r.count, figures = r.figures, last_raised_at = r."lastRaisedAt", noted_at = r."notedAt", version = e.version + 1,
       resolved_at = case when r.state = 'resolved' then $2::timestamptz end
     from json_to_recordset($1) as r (id uuid, state text, count integer, figures jsonb, "lastRaisedAt" timestamptz, "notedAt" timestamptz) where e.id = r.id`,
    [
      JSON.stringify(
        changes.map(({ event, state, count, figures, lastRaisedAt, notedAt }) => ({
          id: event.id,
          state,
          count,
          figures,
          lastRaisedAt,
          notedAt,
        })),
      ),
      now,
    ],
  )
}

export interface NewStep {
  eventId: string
  customerId: string
  what: string
  figures: Figures
  by?: { id: string; name: string }
  /** Of a silence and of its end. */
  details?: Record<string, unknown>
}
/** One step an event: its place in the history follows from what is there. */
export async function addSteps(db: TenantDb, steps: readonly NewStep[], now: Date): Promise<void> {
  await db.query(
    `insert into event_step (partner_id, event_id, position, customer_id, at, what, by_id, by_name, figures, details)
     select $1, r."eventId", coalesce((select max(s.position) from event_step s where s.event_id = r."eventId"), 0) + 1, r."customerId", $2, r.what, r."byId", r."byName", r.figures, r.details
     from json_to_recordset($3) as r ("eventId" uuid, "customerId" uuid, what text, "byId" uuid, "byName" text, figures jsonb, details jsonb)`,
    [
      db.tenant.partnerId,
      now,
      JSON.stringify(steps.map(({ by, details = {}, ...step }) => ({ ...step, details, byId: by?.id ?? null, byName: by?.name ?? null }))),
    ],
  )
}

/** Kept counts of open events that ask for attention (silent ones do not), on products and customers: their sum and, beside it, those of each group of categories (CUS-2). */
const counts = [
  { column: 'action_required_count', where: `e.severity = 'action-required'` },
  { column: 'warning_count', where: `e.severity = 'warning'` },
  ...categoryGroups.flatMap((group, n) => [
    { column: `${group}_action_count`, where: `e.severity = 'action-required' and e.category = any($${n + 2}::text[])` },
    { column: `${group}_warning_count`, where: `e.severity = 'warning' and e.category = any($${n + 2}::text[])` },
  ]),
]
const categoriesByGroup = categoryGroups.map(categoriesOfGroup)
const listed = (of: (column: string) => string) => counts.map(({ column }) => of(column)).join(', ')

/**
 * Kept counts of open events, of products and then of their customers, each locked before it is summed: whatever else changed is healed with them. Products are locked
 * by the caller.
 */
export async function recount(db: TenantDb, productIds: readonly string[], customerIds: readonly string[]): Promise<void> {
  await Promise.all([
    db.query(
      `update product p set ${listed((column) => `${column} = n.${column}`)} from (
         select w.id, ${counts.map(({ column, where }) => `count(*) filter (where ${where})::integer as ${column}`).join(', ')}
         from unnest($1::uuid[]) as w (id) left join event e on e.product_id = w.id and e.state <> 'resolved' and e.silence_id is null group by w.id) n
       where p.id = n.id and (${listed((column) => `p.${column}`)}) is distinct from (${listed((column) => `n.${column}`)})`,
      [productIds, ...categoriesByGroup],
    ),
    db.query('select from customer where id = any($1) order by id for no key update', [customerIds]),
    sumUpCustomers(db, customerIds),
  ])
}

/** What customers hold of their products' counts, anew. The caller holds the customers' locks, or sends this after what takes them. */
export async function sumUpCustomers(db: TenantDb, customerIds: readonly string[]): Promise<void> {
  await db.query(
    `update customer c set ${listed((column) => `${column} = n.${column}`)} from (
       select w.id, ${listed((column) => `coalesce(sum(p.${column}), 0)::integer as ${column}`)} from unnest($1::uuid[]) as w (id) left join product p on p.customer_id = w.id group by w.id) n
     where c.id = n.id and (${listed((column) => `c.${column}`)}) is distinct from (${listed((column) => `n.${column}`)})`,
    [customerIds],
  )
}

/** Active accounts that want to be told (or are to be: `ownerId`) and see this customer (NTF-1, ACC-14); the same rule as visible_customers() and isInScope(). */
export async function whoIsTold(
  db: TenantDb,
  customerId: string,
  now: Date,
  ownerId: string | null = null,
): Promise<{ id: string; role: string }[]> {
  const line = (effect: 'allow' | 'deny') => `exists (
    select from scope_line l where l.account_id = a.id and l.effect = '${effect}' and (l.ends_at is null or l.ends_at > $2) and (l.target = 'all' or l.customer_id = $1
      or (l.target = 'tag' and exists (select from customer_tag t where t.customer_id = $1 and t.tag = l.tag))))`
  const { rows } = await db.query<{ id: string; role: string }>(
    `select a.id, a.role from account a where a.state = 'active' and (a.is_told_of_events or a.id = $3) and (not a.is_scope_limited or (${line('allow')} and not ${line('deny')}))`,
    [customerId, now, ownerId],
  )
  return rows
}
