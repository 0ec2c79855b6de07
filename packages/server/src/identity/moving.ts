import { moveReversibleDays } from '@vigie/domain/identity'
import { Problem } from '@vigie/domain/kernel'
import { markDue, sumUpCustomers } from '../assessment/index.ts'
import { wakeAgents } from '../commands/index.ts'
import { newId, type TenantDb } from '../platform/index.ts'

/**
 * What does not go along in the moving transaction: raw records follow piece by piece (history.ts), each with what it counts for; what was purged or has no customer of its own to follow.
 */
export const staysBehind: readonly string[] = [
  'detection',
  'tally_appliance',
  'tally_appliance_day',
  'purge',
  'product',
  'product_move',
  'history_due',
]

/** Every table with a product and a customer: whoever adds one need not think of moves. Partitions go with their table. */
export async function homedTables(db: TenantDb): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
       and (select count(*) from pg_attribute a where a.attrelid = c.oid and not a.attisdropped and a.attname in ('partner_id', 'product_id', 'customer_id')) = 3 order by 1`,
  )
  return rows.map(({ name }) => name).filter((name) => !staysBehind.includes(name))
}

export interface Moving {
  productId: string
  toCustomerId: string
  reason: string
  by: string
  undoesId: string | null
}
export interface Moved {
  id: string
  agentIds: string[]
  description: string
  from: { id: string; name: string }
  to: { id: string; name: string }
}

/** Agents, product, its maintenance windows, customers, in this order, each by id. @throws product.not-found, customer.not-found */
export async function lockForMove(
  db: TenantDb,
  productId: string,
  toCustomerId: string,
): Promise<{ description: string; from: { id: string; name: string }; to: { id: string; name: string }; agentIds: string[] }> {
  const { rows: agents } = await db.query<{ id: string }>('select id from agent where product_id = $1 order by id for no key update', [
    productId,
  ])
  const {
    rows: [product],
  } = await db.query<{ description: string; customer_id: string }>(
    'select description, customer_id from product where id = $1 for update',
    [productId],
  )
  if (!product) throw new Problem('product.not-found', { productId })
  // they go along, and what assesses a product holds its windows before its customer
  await db.query('select from maintenance_window where product_id = $1 order by id for no key update', [productId])
  const { rows: customers } = await db.query<{ id: string; name: string }>(
    'select id, company as name from customer where id = any($1) order by id for no key update',
    [[product.customer_id, toCustomerId]],
  )
  const to = customers.find(({ id }) => id === toCustomerId)
  if (!to) throw new Problem('customer.not-found', { customerId: toCustomerId })
  return {
    description: product.description,
    from: customers.find(({ id }) => id === product.customer_id)!,
    to,
    agentIds: agents.map(({ id }) => id),
  }
}

/**
 * The product with everything that hangs on it goes to another customer, in the caller's transaction (AGT-11): all or none. Its agents' connections speak for nobody any more: they come back within seconds and
 * are heard as the new customer's; what they had on their way is sent again (R22). @throws move.same-customer, move.merged-elsewhere
 */
export async function move(db: TenantDb, { productId, toCustomerId, reason, by, undoesId }: Moving, now: Date): Promise<Moved> {
  const { description, from, to, agentIds } = await lockForMove(db, productId, toCustomerId)
  if (from.id === to.id) throw new Problem('move.same-customer', { customerId: to.id })
  const { rowCount: elsewhere } = await db.query(
    `select from endpoint_alias a join endpoint e on e.partner_id = a.partner_id and e.id = a.endpoint_id where (a.product_id = $1) <> (e.product_id = $1) limit 1`,
    [productId],
  )
  if (elsewhere > 0) throw new Problem('move.merged-elsewhere', { productId })
  const id = newId(now)
  // both customers were looked up under the actor's own scope; rows on their way between them belong to neither
  await db.widely(async () => {
    await db.query('update product set customer_id = $2, version = version + 1 where id = $1', [productId, to.id])
    for (const table of await homedTables(db))
      await db.query(`update "${table}" set customer_id = $2 where product_id = $1 and customer_id <> $2`, [productId, to.id])
    await db.query(
      'update event_step s set customer_id = $2 from event e where e.product_id = $1 and s.partner_id = e.partner_id and s.event_id = e.id',
      [productId, to.id],
    )
    await db.query(
      'update command_step s set customer_id = $2 from command c where c.product_id = $1 and s.partner_id = c.partner_id and s.command_id = c.id',
      [productId, to.id],
    )
    // settings of the old customer end here; those of the new one come with the next look (AGT-4)
    await db.query(
      `update setting_state set wanted_revision = case when wanted = '{}' then wanted_revision else greatest(wanted_revision, reported_revision) + 1 end,
         wanted_at = case when wanted = '{}' then wanted_at else $2 end, wanted = '{}' where product_id = $1`,
      [productId, now],
    )
    // look-alikes within the product go along; pairs with those who stay are of two customers now, and no pairs any more
    await db.query(
      'delete from duplicate d using endpoint e, endpoint f where e.id = d.endpoint_id and f.id = d.other_id and (e.product_id = $1) <> (f.product_id = $1)',
      [productId],
    )
    await db.query('update duplicate d set customer_id = $2 from endpoint e where e.id = d.endpoint_id and e.product_id = $1', [
      productId,
      to.id,
    ])
    await db.query('update agent set connection_id = null, held_by = null where product_id = $1', [productId])
    await db.query(
      `update customer c set product_count = kept.products, endpoint_count = kept.endpoints, last_seen_at = kept.seen
       from (select w.id, count(p.id)::integer as products, coalesce(sum(p.endpoint_count), 0)::integer as endpoints, max(p.last_seen_at) as seen from unnest($1::uuid[]) w (id) left join product p on p.customer_id = w.id group by 1) kept
       where c.id = kept.id`,
      [[from.id, to.id]],
    )
    await sumUpCustomers(db, [from.id, to.id])
    await db.query(
      `insert into product_move (partner_id, id, customer_id, customer_name, from_customer_id, from_customer_name, product_id, agent_count, endpoint_count, reason, moved_at, moved_by, reversible_until, undoes_id)
       select $1, $2, $3, $4, $5, $6, p.id, $7, p.endpoint_count, $8, $9, $10, $11, $12 from product p where p.id = $13`,
      [
        db.tenant.partnerId,
        id,
        to.id,
        to.name,
        from.id,
        from.name,
        agentIds.length,
        reason,
        now,
        by,
        new Date(now.getTime() + moveReversibleDays * 86_400_000),
        undoesId,
        productId,
      ],
    )
    await db.query(
      `insert into history_due (partner_id, product_id, customer_id, move_id, asked_at) values ($1, $2, $3, $4, $5)
       on conflict (partner_id, product_id) do update set customer_id = excluded.customer_id, move_id = excluded.move_id, asked_at = excluded.asked_at, until_at = 'infinity'`,
      [db.tenant.partnerId, productId, to.id, id, now],
    )
    await markDue(db, [{ productId, customerId: to.id }], now)
  })
  await wakeAgents(db, agentIds)
  for (const customer of [from, to]) {
    db.announce({ kind: 'customer', id: customer.id, customerId: customer.id })
    db.announce({ kind: 'product', id: productId, customerId: customer.id })
  }
  return { id, agentIds, description, from, to }
}

/** What an undoing takes back, locked. @throws move.not-found, move.not-undoable */
export async function lockUndoable(db: TenantDb, moveId: string, now: Date): Promise<{ productId: string; fromCustomerId: string }> {
  const {
    rows: [row],
  } = await db.query<{ product_id: string; from_customer_id: string; is_undoable: boolean }>(
    `select m.product_id, m.from_customer_id, ${undoable('$2')} as is_undoable from product_move m join product p on p.partner_id = m.partner_id and p.id = m.product_id where m.id = $1 for update of m`,
    [moveId, now],
  )
  if (!row) throw new Problem('move.not-found', { moveId })
  if (!row.is_undoable) throw new Problem('move.not-undoable', { moveId })
  return { productId: row.product_id, fromCustomerId: row.from_customer_id }
}

/** Of a move `m` and its product `p`: still in time, not undone, not itself an undoing, and the product is where it went. */
export const undoable = (
  now: string,
) => `(m.undone_at is null and m.undoes_id is null and m.reversible_until > ${now}::timestamptz and p.customer_id = m.customer_id
  and not exists (select from product_move n where n.product_id = m.product_id and (n.moved_at, n.id) > (m.moved_at, m.id)))`

export async function markUndone(db: TenantDb, moveId: string, by: string, now: Date): Promise<void> {
  await db.query('update product_move set undone_at = $2, undone_by = $3 where id = $1', [moveId, now, by])
}
