import type * as z from 'zod'
import { customersApi } from '@vigie/domain/customers'
import { fieldErrorsOf, Problem } from '@vigie/domain/kernel'
import { inverses, isCarrying, orderLimit, type OrderTarget, type OrderType } from '@vigie/domain/orders'
import { productsApi } from '@vigie/domain/products'
import { listCustomers } from '../customers/index.ts'
import { exportPageSize, type TenantDb } from '../platform/index.ts'
import { listEndpoints } from '../products/index.ts'

/**
 * The agents a target means now, as far as the principal sees them. Of products: those that have an identity; where none has, the one that last had. @throws order.too-many,
 * request.invalid (a filter the list does not have: leaving it out would reach more than was shown)
 */
export async function agentsOf(db: TenantDb, target: OrderTarget, now: Date): Promise<string[]> {
  const ids = await find(db, target, now)
  if (ids.length > orderLimit) throw new Problem('order.too-many', { limit: orderLimit })
  return ids
}

async function find(db: TenantDb, target: OrderTarget, now: Date): Promise<string[]> {
  await assertThere(db, target)
  switch (target.kind) {
    case 'agents':
      return [...new Set(target.agentIds)]
    case 'endpoints':
      return await ids(db, 'select distinct agent_id as id from endpoint where id = any($1) and agent_id is not null', [target.endpointIds])
    case 'products':
      return await ofProducts(db, 'p.id = any($1)', [target.productIds])
    case 'customers':
      return await ofProducts(db, 'p.customer_id = any($1)', [target.customerIds])
    case 'matching':
      return await matching(db, target)
    case 'customers-list':
      return await ofProducts(db, 'p.customer_id = any($1)', [await listed(db, target.filter)])
    case 'endpoints-list': {
      const query = parse(productsApi.listEndpoints.query!, target.filter)
      const endpoints = await everyPage((cursor) => listEndpoints(db, { ...query, limit: exportPageSize, cursor }, now))
      return [...new Set(endpoints.flatMap(({ agentId }) => agentId ?? []))]
    }
    case 'failed-of':
      if ((await db.query('select from command_order where id = $1', [target.orderId])).rowCount === 0)
        throw new Problem('order.not-found', { orderId: target.orderId })
      return await ids(db, `select agent_id as id from order_agent where order_id = $1 and step in ('failed', 'expired', 'unknown')`, [
        target.orderId,
      ])
    case 'undo-of':
      return await ids(
        db,
        `select agent_id as id from order_agent where order_id = $1 and step in ('delivered', 'running', 'succeeded', 'unknown')`,
        [target.orderId],
      )
  }
}

/** The customers that a target means, for what is set at customers or at products of these types, or at these products. @throws request.invalid: machines have no settings of their own */
export async function customersOf(
  db: TenantDb,
  target: OrderTarget,
): Promise<{ customerIds: string[]; productIds: readonly string[] | null; typeIds: readonly string[] | null }> {
  await assertThere(db, target)
  const some = (customerIds: string[], typeIds: readonly string[] | null = null) => ({ customerIds, productIds: null, typeIds })
  if (target.kind === 'customers') return some([...new Set(target.customerIds)])
  if (target.kind === 'products')
    return {
      customerIds: await ids(db, 'select distinct customer_id as id from product where id = any($1)', [target.productIds]),
      productIds: target.productIds,
      typeIds: null,
    }
  if (target.kind === 'customers-list') return some(await listed(db, target.filter))
  if (target.kind === 'matching' && target.groups === undefined) {
    const customerIds = await ids(
      db,
      `select id from customer c where ($1::uuid[] is null or c.id = any($1)) and ($2::text[] is null or c.id in (select customer_id from customer_tag where tag = any($2)))
        and ($3::text[] is null or c.id in (select customer_id from product where type_id = any($3)))`,
      [target.customerIds ?? null, target.tags ?? null, target.typeIds ?? null],
    )
    return some(customerIds, target.typeIds ?? null)
  }
  throw new Problem('request.invalid', {}, { fields: [{ path: 'target', code: 'not-a-choice' }] })
}

/** Of an order that takes another back: agents that were told something else of the kind since, by somebody or something else. They are left alone. */
export async function changedSince(
  db: TenantDb,
  { type, undo_of: undoOf }: { type: OrderType; undo_of: string | null },
  agentIds: readonly string[] | null,
): Promise<string[]> {
  if (undoOf === null || isCarrying(type)) return []
  const inverse = inverses[type]
  const types = [type, ...(inverse === undefined ? [] : [inverse]), ...(type === 'stop-outbreak-defence' ? ['start-outbreak-defence'] : [])]
  return await ids(
    db,
    `select i.agent_id as id from order_agent i join command t on t.partner_id = i.partner_id and t.id = i.command_id
         where i.order_id = $1 and ($3::uuid[] is null or i.agent_id = any($3))
           and exists (select from command o where o.partner_id = t.partner_id and o.agent_id = t.agent_id and o.number > t.number and o.type = any($2) and o.step not in ('expired', 'failed'))`,
    [undoOf, types, agentIds],
  )
}

/**
 * Of outbreak defence that Vigie gives by itself: agents that people decided about. Whom a person closed until a time that has not come, or told anything of the kind since the defence began, keeps
 * that: an endpoint knows only its newest order. Plan: command_number, backwards.
 */
export async function decidedByPeople(
  db: TenantDb,
  { left_alone_since: since }: { left_alone_since: Date | null },
  orderId: string,
  agentIds: readonly string[] | null,
  now: Date,
): Promise<string[]> {
  if (since === null) return []
  return await ids(
    db,
    `select i.agent_id as id from order_agent i cross join lateral (
         select t.type, t.sent_by_id, t.sent_at, t.frame from command t where t.partner_id = i.partner_id and t.agent_id = i.agent_id
           and t.type in ('start-outbreak-defence', 'stop-outbreak-defence') and t.step not in ('expired', 'failed') order by t.number desc limit 1) last
       where i.order_id = $1 and ($2::uuid[] is null or i.agent_id = any($2)) and last.sent_by_id is not null
         and (last.sent_at >= $3 or last.type = 'start-outbreak-defence' and (last.frame -> 'order' -> 'params' ->> 'until')::timestamptz > $4)`,
    [orderId, agentIds, since, now],
  )
}

async function listed(db: TenantDb, filter: Record<string, string>): Promise<string[]> {
  const query = parse(customersApi.listCustomers.query!, filter)
  return (await everyPage((cursor) => listCustomers(db, { ...query, limit: exportPageSize, cursor }))).map(({ id }) => id)
}

/** What is named one by one is there, all of it: an id of others is one that never was (R2). @throws customer.not-found, product.not-found, endpoint.not-found, agent.not-found */
async function assertThere(db: TenantDb, target: OrderTarget): Promise<void> {
  const named =
    target.kind === 'agents'
      ? (['agent', target.agentIds] as const)
      : target.kind === 'endpoints'
        ? (['endpoint', target.endpointIds] as const)
        : target.kind === 'products'
          ? (['product', target.productIds] as const)
          : target.kind === 'customers' || target.kind === 'matching'
            ? (['customer', target.customerIds ?? []] as const)
            : null
  if (named === null || named[1].length === 0) return
  const [table, wanted] = named
  if ((await ids(db, `select id from ${table} where id = any($1)`, [wanted])).length !== new Set(wanted).size)
    throw new Problem(`${table}.not-found`)
}

const ids = async (db: TenantDb, text: string, values: readonly unknown[]) =>
  (await db.query<{ id: string }>(text, values)).rows.map(({ id }) => id)

/** Whoever has an identity, and where nobody of the product has one the newest that had. */
const ofProducts = async (db: TenantDb, condition: string, values: readonly unknown[]) =>
  await ids(
    db,
    `select a.id from product p join agent a on a.partner_id = p.partner_id and a.product_id = p.id where ${condition} and ${isSpeaker}`,
    values,
  )
const isSpeaker = `(a.switch <> 'unregistered' or a.id = (
  select n.id from agent n where n.partner_id = a.partner_id and n.product_id = a.product_id order by (n.switch <> 'unregistered') desc, n.registered_at desc, n.id limit 1))`

async function matching(
  db: TenantDb,
  { customerIds, tags, typeIds, groups }: Extract<OrderTarget, { kind: 'matching' }>,
): Promise<string[]> {
  const values: unknown[] = []
  const where: string[] = []
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value === undefined) return
    values.push(value)
    where.push(condition(`$${values.length}`))
  }
  add(customerIds, (place) => `p.customer_id = any(${place}::uuid[])`)
  add(tags, (place) => `p.customer_id in (select customer_id from customer_tag where tag = any(${place}::text[]))`)
  add(typeIds, (place) => `p.type_id = any(${place}::text[])`)
  add(groups, (place) => `a.id in (select agent_id from endpoint where "group" = any(${place}::text[]))`)
  return await ofProducts(db, where.length > 0 ? where.join(' and ') : 'true', values)
}

function parse<Q extends z.ZodType>(schema: Q, filter: Record<string, string>): z.output<Q> {
  const parsed = schema.safeParse(filter)
  if (parsed.success) return parsed.data
  throw new Problem(
    'request.invalid',
    {},
    { fields: fieldErrorsOf(parsed.error, filter).map((field) => ({ ...field, path: `target.filter.${field.path}` })) },
  )
}

async function everyPage<T>(read: (cursor: string | undefined) => Promise<{ rows: T[]; nextCursor: string | null }>): Promise<T[]> {
  const all: T[] = []
  for (let cursor: string | undefined; ;) {
    const page = await read(cursor)
    all.push(...page.rows)
    if (page.nextCursor === null || all.length > orderLimit) return all
    cursor = page.nextCursor
  }
}
