import { Problem } from '@vigie/domain/kernel'
import { groupsPerProduct, type EndpointGroup } from '@vigie/domain/products'
import { newId, Params, uniqueViolation, type TenantDb } from '../platform/index.ts'
import { conditionsOf } from './endpoints.ts'

/** Order of locks here as in ingest: endpoints by product and key, then groups, so that both may run at once. */
const columns = 'name, label, endpoint_count as "endpointCount", version'

export async function list(db: TenantDb, productId: string): Promise<EndpointGroup[]> {
  const { rows } = await db.query<EndpointGroup>(
    `select ${columns} from endpoint_group where product_id = $1 order by position, vigie.fold(label), name`,
    [productId],
  )
  return rows
}

/** Locks until commit. @throws group.not-found */
async function lock(db: TenantDb, productId: string, name: string): Promise<EndpointGroup> {
  const {
    rows: [row],
  } = await db.query<EndpointGroup>(`select ${columns} from endpoint_group where product_id = $1 and name = $2 for update`, [
    productId,
    name,
  ])
  if (!row) throw new Problem('group.not-found', { group: name })
  return row
}

/** One that people made. @throws group.not-found, group.is-default */
export async function lockOwn(db: TenantDb, productId: string, name: string): Promise<EndpointGroup & { label: string }> {
  const group = await lock(db, productId, name)
  if (group.label === null) throw new Problem('group.is-default', { group: name })
  return { ...group, label: group.label }
}

/** The caller holds the product, so that no two count its groups at once. @throws group.label-taken, group.too-many */
export async function add(db: TenantDb, product: { id: string; customerId: string }, label: string, now: Date): Promise<EndpointGroup> {
  if ((await list(db, product.id)).length >= groupsPerProduct) throw new Problem('group.too-many', { most: groupsPerProduct })
  const name = `own-${newId(now)}`
  const {
    rows: [made],
  } = await withFreeLabel(() =>
    db.query<EndpointGroup>(
      `insert into endpoint_group (partner_id, product_id, customer_id, name, label, position, created_at) values ($1, $2, $3, $4, $5, 1000, $6) returning ${columns}`,
      [db.tenant.partnerId, product.id, product.customerId, name, label, now],
    ),
  )
  return made!
}

/** @throws group.label-taken */
export async function rename(db: TenantDb, productId: string, name: string, label: string): Promise<EndpointGroup> {
  const {
    rows: [group],
  } = await withFreeLabel(() =>
    db.query<EndpointGroup>(
      `update endpoint_group set label = $3, version = version + 1 where product_id = $1 and name = $2 returning ${columns}`,
      [productId, name, label],
    ),
  )
  return group!
}

async function withFreeLabel<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (uniqueViolation(error) !== 'endpoint_group_label') throw error
    throw new Problem('group.label-taken', {}, { cause: error, fields: [{ path: 'label', code: 'group.label-taken' }] })
  }
}

/** Where new endpoints go; null: to the default group of their platform. */
export async function newEndpointGroup(db: TenantDb, productId: string): Promise<string | null> {
  const {
    rows: [row],
  } = await db.query<{ group: string | null }>('select new_endpoint_group as "group" from product where id = $1', [productId])
  return row?.group ?? null
}

/** The caller holds the product. @throws group.not-found */
export async function setNewEndpointGroup(db: TenantDb, productId: string, group: string | null): Promise<void> {
  if (group !== null) await lock(db, productId, group)
  await db.query('update product set new_endpoint_group = $2, version = version + 1 where id = $1', [productId, group])
}

/** Its endpoints go to the first default group. @returns how many went */
export async function empty(db: TenantDb, productId: string, name: string): Promise<number> {
  const {
    rows: [first],
  } = await db.query<{ name: string }>(
    'select name from endpoint_group where product_id = $1 and label is null order by position, name limit 1',
    [productId],
  )
  return first === undefined ? 0 : await carry(db, productId, `e."group" = $2`, [name], first.name)
}

/** The caller emptied it before it held anything, as ingest goes: endpoints, groups, product; and holds it and the product now. @returns how many came to it meanwhile, and went */
export async function remove(db: TenantDb, productId: string, name: string): Promise<number> {
  await lock(db, productId, name) // what ingest adds to it meanwhile waits here and finds it gone (ingest's countNew)
  const moved = await empty(db, productId, name)
  await db.query('update product set new_endpoint_group = null where id = $1 and new_endpoint_group = $2', [productId, name])
  await db.query('delete from endpoint_group where product_id = $1 and name = $2', [productId, name])
  return moved
}

/**
 * Moves the named ones, or all that the filter finds; what is in the group already stays. @returns how many moved
 * @throws group.not-found, endpoint.not-found one of the named is none of the product's
 */
export async function move(
  db: TenantDb,
  productId: string,
  to: string,
  what: { endpointIds?: readonly string[] | undefined; filter?: { q?: string | undefined; group?: string | undefined } | undefined },
  now: Date,
): Promise<number> {
  const { rowCount } = await db.query('select from endpoint_group where product_id = $1 and name = $2', [productId, to])
  if (rowCount === 0) throw new Problem('group.not-found', { group: to })
  if (what.endpointIds) {
    const wanted = [...new Set(what.endpointIds)]
    const {
      rows: [known],
    } = await db.query<{ count: number }>(
      'select count(*)::integer as count from endpoint where product_id = $1 and id = any($2::uuid[])',
      [productId, wanted],
    )
    if (known!.count !== wanted.length) throw new Problem('endpoint.not-found', {})
    return await carry(db, productId, 'e.id = any($2::uuid[])', [wanted], to)
  }
  const params = new Params()
  params.add(productId)
  const where = await conditionsOf(db, what.filter ?? {}, params, new Map(), now)
  return await carry(db, productId, where.length === 0 ? 'true' : where.join(' and '), params.values.slice(1), to)
}

/** Endpoints first, then the counts of the groups they leave and reach, in the order of names. */
async function carry(db: TenantDb, productId: string, where: string, values: readonly unknown[], to: string): Promise<number> {
  const last = `$${values.length + 2}`
  const { rows } = await db.query<{ group: string; moved: number }>(
    `with found as materialized (select e.id, e."group" from endpoint e where e.product_id = $1 and ${where} and e."group" <> ${last} order by e.key for no key update),
       moved as (update endpoint e set "group" = ${last} from found f where e.id = f.id and e.product_id = $1 returning f."group")
     select "group", count(*)::integer as moved from moved group by 1`,
    [productId, ...values, to],
  )
  const total = rows.reduce((sum, { moved }) => sum + moved, 0)
  if (total === 0) return 0
  const changes = [...rows.map(({ group, moved }) => ({ name: group, by: -moved })), { name: to, by: total }].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )
  let reached = 0
  for (const { name, by } of changes) {
    const { rowCount } = await db.query(
      'update endpoint_group set endpoint_count = endpoint_count + $3 where product_id = $1 and name = $2',
      [productId, name, by],
    )
    if (name === to) reached = rowCount
  }
  if (reached === 0) throw new Problem('group.not-found', { group: to }) // deleted meanwhile
  return total
}
