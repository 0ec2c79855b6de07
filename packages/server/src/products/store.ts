import { createHash } from 'node:crypto'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { stateOfProduct, type ListedAgent, type NewProduct, type Product, type productsApi, type ProductType } from '@vigie/domain/products'
import { productTypeById } from '@vigie/connectors/products'
import { sumUpCustomers } from '../assessment/index.ts'
import { keyset, likePattern, newId, newToken, Params, type TenantDb } from '../platform/index.ts'
import { agentColumns, productColumns, productJoin, toProduct, type AgentRow, type ProductRow } from './rows.ts'

const sorts = {
  description: [{ sql: 'p.description_key', type: 'text' }],
  lastSeenAt: [{ sql: 'p.last_seen_key', type: 'timestamptz' }],
  createdAt: [{ sql: 'p.created_at', type: 'timestamptz' }],
} as const

export type ProductQuery = QueryOf<typeof productsApi.listProducts>

/** The page is made of products alone; only its rows are joined with their customers. Plan: the sort's own index (store.plan.test.ts). */
export async function list(db: TenantDb, query: ProductQuery, now: Date): Promise<{ rows: Product[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.customerId) where.push(`p.customer_id = ${params.add(query.customerId)}`)
  if (query.typeId) where.push(`p.type_id = ${params.add(query.typeId)}`)
  if (query.family) where.push(`p.family = ${params.add(query.family)}`)
  if (query.state) where.push(`p.state = any(${params.add(query.state)}::text[])`)
  if (query.isStale !== undefined)
    where.push(
      `(p.last_seen_at < ${params.add(now)}::timestamptz - p.fresh_for_seconds * interval '1 second') is ${query.isStale ? '' : 'not '}true`,
    )
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))` // once, not for each row
    const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(query.q) ? ` or p.guid = ${params.add(query.q)}::uuid` : ''
    where.push(`(p.description_key like ${pattern} or p.customer_id in (select id from customer where search_key like ${pattern})${guid})`)
  }
  const page = keyset(sorts, 'p.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<ProductRow & { keys: string[] }>(
    `select ${productColumns}, ${page.keys} as keys from (
       select p.* from product p where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}
     ) p ${productJoin} order by ${page.orderBy}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map((row) => toProduct(row, now)), nextCursor: shown.nextCursor }
}

/** All of one customer, by description. */
export async function ofCustomer(db: TenantDb, customerId: string, now: Date): Promise<Product[]> {
  const { rows } = await db.query<ProductRow>(
    `select ${productColumns} from product p ${productJoin} where p.customer_id = $1 order by p.description_key, p.id`,
    [customerId],
  )
  return rows.map((row) => toProduct(row, now))
}

/** @throws product.not-found */
export async function get(db: TenantDb, id: string, now: Date): Promise<Product> {
  const {
    rows: [row],
  } = await db.query<ProductRow>(`select ${productColumns} from product p ${productJoin} where p.id = $1`, [id])
  if (!row) throw new Problem('product.not-found', { productId: id })
  return toProduct(row, now)
}

/** Locks until commit. Whoever needs several takes agents, then products, then customers, each in the order of ids. @throws product.not-found */
export async function lock(db: TenantDb, id: string, now: Date): Promise<Product> {
  const {
    rows: [row],
  } = await db.query<ProductRow>(`select ${productColumns} from product p ${productJoin} where p.id = $1 for no key update of p`, [id])
  if (!row) throw new Problem('product.not-found', { productId: id })
  return toProduct(row, now)
}

/** Locks all that a deletion takes away or counts anew. @throws product.not-found */
export async function lockWhole(db: TenantDb, id: string, now: Date): Promise<Product> {
  await db.query('select from agent where product_id = $1 order by id for update', [id])
  const product = await lock(db, id, now)
  await db.query('select from customer where id = $1 for no key update', [product.customerId])
  return product
}

/** @throws product.type-unknown, product.type-not-connectable */
function typeOf(typeId: string, path: string, isSimulated: boolean): ProductType {
  const type = productTypeById.get(typeId)
  if (!type) throw new Problem('product.type-unknown', {}, { fields: [{ path, code: 'not-a-choice' }] })
  if (!type.isConnectable && !isSimulated)
    throw new Problem('product.type-not-connectable', {}, { fields: [{ path, code: 'not-a-choice' }] })
  return type
}

/**
 * Makes each with its GUID and default groups, and counts it with the customer, which the caller has locked or just made. `path`: where the n-th type stood in the
 * request. `isSimulated`: of a made-up installation, where nothing connects in earnest (decision 32). @throws product.type-unknown, product.type-not-connectable
 */
export async function add(
  db: TenantDb,
  customerId: string,
  wanted: readonly NewProduct[],
  path: (n: number) => string,
  now: Date,
  isSimulated: boolean,
): Promise<Product[]> {
  if (wanted.length === 0) return []
  const { partnerId } = db.tenant
  const made = wanted.map(({ typeId, description }, n) => ({ id: newId(now), type: typeOf(typeId, path(n), isSimulated), description }))
  for (const { id, type, description } of made) {
    await db.query(
      `insert into product (partner_id, id, customer_id, guid, type_id, family, description, fresh_for_seconds, created_at) values ($1, $2, $3, gen_random_uuid(), $4, $5, $6, $7, $8)`,
      [partnerId, id, customerId, type.id, type.family, description, type.freshForSeconds, now],
    )
    await db.query(
      `insert into endpoint_group (partner_id, product_id, customer_id, name, position) select $1, $2, $3, name, position - 1 from unnest($4::text[]) with ordinality g (name, position)`,
      [partnerId, id, customerId, type.defaultGroups],
    )
  }
  await db.query('update customer set product_count = product_count + $2 where id = $1', [customerId, made.length])
  const { rows } = await db.query<ProductRow>(
    `select ${productColumns} from product p ${productJoin} where p.id = any($1::uuid[]) order by array_position($1::uuid[], p.id)`,
    [made.map(({ id }) => id)],
  )
  return rows.map((row) => toProduct(row, now))
}

export async function describe(db: TenantDb, id: string, description: string): Promise<void> {
  await db.query('update product set description = $2, version = version + 1 where id = $1', [id, description])
}

/**
 * CUS-5: the product and what hangs on it; its raw records, perhaps millions, are taken away by the job `purge`. What is kept with the customer is counted
 * anew from the products it still has. The caller holds the lock.
 */
export async function remove(db: TenantDb, product: Product, now: Date): Promise<void> {
  await db.query(
    'insert into departed (partner_id, id, customer_id, type_id, came_at, went_at) select partner_id, id, customer_id, type_id, created_at, $2 from product where id = $1',
    [product.id, now],
  )
  await db.query('delete from product where id = $1', [product.id])
  await db.query(
    'insert into purge (partner_id, product_id, customer_id, type_id, asked_at) values ($1, $2, $3, $4, $5) on conflict do nothing',
    [db.tenant.partnerId, product.id, product.customerId, product.typeId, now],
  )
  await db.query(
    `update customer c set product_count = kept.products, endpoint_count = kept.endpoints, last_seen_at = kept.seen
     from (select count(*)::integer as products, coalesce(sum(endpoint_count), 0)::integer as endpoints, max(last_seen_at) as seen from product where customer_id = $1) kept
     where c.id = $1`,
    [product.customerId],
  )
  await sumUpCustomers(db, [product.customerId])
}

/** SHA-256 of the one-use key: it has 256 random bits, so a slow hash would add nothing. Also what enrolment compares. */
export const hashOfKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** A new one-use key; an unused earlier one stops working. Only its hash is kept (R9). */
export async function issueKey(db: TenantDb, id: string, expiresAt: Date): Promise<string> {
  const key = newToken()
  await db.query('update product set key_hash = $2, key_expires_at = $3, key_used_at = null where id = $1', [id, hashOfKey(key), expiresAt])
  return key
}

/** CUS-6: the user name of the customer's registration credentials; null: none were made. */
export async function registrationUserOf(db: TenantDb, customerId: string): Promise<string | null> {
  return (
    (await db.query<{ user_name: string }>('select user_name from registration_credential where customer_id = $1', [customerId])).rows[0]
      ?.user_name ?? null
  )
}

export interface Group {
  product_id: string
  name: string
  label: string | null
  endpoint_count: number
}
export async function groupsOf(db: TenantDb, customerId: string): Promise<Group[]> {
  const { rows } = await db.query<Group>(
    'select product_id, name, label, endpoint_count from endpoint_group where customer_id = $1 order by product_id, position, vigie.fold(label), name',
    [customerId],
  )
  return rows
}

/** Newest first. */
export async function agentsOf(db: TenantDb, productId: string): Promise<AgentRow[]> {
  const { rows } = await db.query<AgentRow>(
    `select ${agentColumns} from agent a where a.product_id = $1 order by a.registered_at desc, a.id desc`,
    [productId],
  )
  return rows
}

/**
 * What agents of the product say they had to give up since, by agent: sums, and the newest one's reason. Read out of the letters as text: what an agent wrote into one is no JSON to rely on.
 * Plan: index dead_letter_product.
 */
export async function lostBy(db: TenantDb, productId: string, since: Date): Promise<ReadonlyMap<string, NonNullable<ListedAgent['lost']>>> {
  const { rows } = await db.query<{ agent_id: string; records: string; at: Date; reason: string | null }>(
    `select agent_id, sum(substring(item from '"lost":([0-9]{1,12})[,}]')::bigint)::bigint as records, max(received_at) as at, (array_agg(substring(item from '"reason":"([a-z-]{1,60})"') order by received_at desc))[1] as reason
     from dead_letter where product_id = $1 and reason = 'gap' and received_at > $2 group by agent_id`,
    [productId, since],
  )
  return new Map(rows.map((row) => [row.agent_id, { records: Number(row.records), at: row.at.toISOString(), reason: row.reason ?? '' }]))
}

/** Locks until commit. @throws agent.not-found */
export async function lockAgent(db: TenantDb, id: string): Promise<AgentRow> {
  const {
    rows: [row],
  } = await db.query<AgentRow>(`select ${agentColumns} from agent a where a.id = $1 for no key update`, [id])
  if (!row) throw new Problem('agent.not-found', { agentId: id })
  return row
}

/** Sets what the console decides of an agent, and its product's state with it. @returns the agent as it is now */
export async function setSwitch(
  db: TenantDb,
  agent: AgentRow,
  to: { switch: AgentRow['switch']; state: AgentRow['state'] },
): Promise<AgentRow> {
  await db.query('update agent set switch = $2, state = $3, cause = null where id = $1', [agent.id, to.switch, to.state])
  const agents = await agentsOf(db, agent.product_id)
  const state = stateOfProduct(agents.map((one) => ({ state: one.state, registeredAt: one.registered_at, role: one.role })))
  await db.query('update product set state = $2 where id = $1 and state <> $2', [agent.product_id, state])
  return agents.find((one) => one.id === agent.id)!
}

/** Many agents at once, whose locks the caller holds, as one order tells it (AGT-3); their products show it. */
export async function switchAgents(db: TenantDb, ids: readonly string[], isDisabled: boolean): Promise<void> {
  const { rows } = await db.query<{ product_id: string; customer_id: string }>(
    `update agent set switch = $2, cause = null, state = case when $2 = 'disabled' then 'disabled' when connection_id is not null and held_by is not null then 'online' else 'offline' end
     where id = any($1) returning product_id, customer_id`,
    [ids, isDisabled ? 'disabled' : 'enabled'],
  )
  const customerOf = new Map(rows.map((row) => [row.product_id, row.customer_id]))
  // stateOfProduct, for many at once
  await db.query(
    `update product p set state = newest.state from (
       select distinct on (a.product_id) a.product_id, a.state from agent a where a.product_id = any($1)
       order by a.product_id, a.role = 'endpoint', (a.state <> 'unregistered') desc, a.registered_at desc
     ) newest where p.id = newest.product_id and p.state <> newest.state`,
    [[...customerOf.keys()].toSorted()],
  )
  for (const [id, customerId] of customerOf) {
    db.announce({ kind: 'product', id, customerId })
    db.announce({ kind: 'customer', id: customerId, customerId })
  }
}
