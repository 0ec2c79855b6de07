import { productTypeById } from '@vigie/connectors/products'
import { Problem } from '@vigie/domain/kernel'
import type { LayerLevel } from '@vigie/domain/settings'
import type { Translator } from '@vigie/domain/text'
import type { TenantDb } from '../platform/index.ts'

/** Where settings are set. `productId` null: at the customer; `group` null: at the product. */
export interface Place {
  customerId: string
  productId: string | null
  group: string | null
}
export const levelOf = ({ productId, group }: Place): LayerLevel => (productId === null ? 'customer' : group === null ? 'product' : 'group')

export interface Named extends Place {
  /** In words, outermost first; a group that nobody named by its key, which `namesIn` says in a language. */
  names: string[]
  typeId: string | null
  timeZone: string
}

/** @throws customer.not-found, product.not-found, group.not-found: also for one of another customer */
export async function find(db: TenantDb, place: Place): Promise<Named> {
  const {
    rows: [row],
  } = await db.query<{
    company: string
    time_zone: string
    description: string | null
    type_id: string | null
    group_words: string | null
  }>(
    `select c.company, c.time_zone, p.description, p.type_id,
       (select coalesce(g.label, g.name) from endpoint_group g where g.product_id = p.id and g.name = $3) as group_words
     from customer c left join product p on p.partner_id = c.partner_id and p.customer_id = c.id and p.id = $2 where c.id = $1`,
    [place.customerId, place.productId, place.group],
  )
  if (!row) throw new Problem('customer.not-found', { customerId: place.customerId })
  if (place.productId !== null && row.description === null) throw new Problem('product.not-found', { productId: place.productId })
  if (place.group !== null && row.group_words === null) throw new Problem('group.not-found', {})
  return {
    ...place,
    names: [row.company, ...(row.description === null ? [] : [row.description]), ...(row.group_words === null ? [] : [row.group_words])],
    typeId: row.type_id,
    timeZone: row.time_zone,
  }
}

/** A default group's key is its name for ever; its words are the reader's. */
export const namesIn = ({ names, group }: Pick<Named, 'names' | 'group'>, say: Translator): string[] =>
  names.map((name, at) => (at === 2 && name === group && say.has(`group.${group}`) ? say(`group.${group}`) : name))

/** @throws product.not-found, group.not-found */
export async function ofProduct(db: TenantDb, productId: string, group: string | null): Promise<Named> {
  const {
    rows: [row],
  } = await db.query<{ customer_id: string }>('select customer_id from product where id = $1', [productId])
  if (!row) throw new Problem('product.not-found', { productId })
  return await find(db, { customerId: row.customer_id, productId, group })
}

/** Endpoints that share every layer: one product's, in one group. All of them want the same. */
export interface Context {
  customerId: string
  productId: string
  typeId: string
  group: string
  endpointCount: number
  timeZone: string
}

/** Those below a place. A product without endpoints has none. */
export async function contextsBelow(db: TenantDb, { customerId, productId, group }: Place): Promise<Context[]> {
  const { rows } = await db.query<Context>(
    `select e.customer_id as "customerId", e.product_id as "productId", p.type_id as "typeId", e."group", count(*)::integer as "endpointCount", c.time_zone as "timeZone"
     from endpoint e join product p on p.partner_id = e.partner_id and p.id = e.product_id join customer c on c.partner_id = e.partner_id and c.id = e.customer_id
     where e.customer_id = $1 and ($2::uuid is null or e.product_id = $2) and ($3::text is null or e."group" = $3) group by 1, 2, 3, 4, 6 order by 2, 4`,
    [customerId, productId, group],
  )
  return rows
}

/** Those of whole customers, in one go. */
export async function contextsOf(db: TenantDb, customerIds: readonly string[]): Promise<Context[]> {
  const { rows } = await db.query<Context>(
    `select e.customer_id as "customerId", e.product_id as "productId", p.type_id as "typeId", e."group", e.count as "endpointCount", c.time_zone as "timeZone"
     from (select customer_id, product_id, "group", count(*)::integer as count from endpoint where customer_id = any($1) group by 1, 2, 3) e
       join product p on p.id = e.product_id join customer c on c.id = e.customer_id order by 1, 2, 4`,
    [customerIds],
  )
  return rows
}

/** The types of all products below a place, with or without endpoints. */
export async function typesBelow(db: TenantDb, { customerId, productId }: Place): Promise<string[]> {
  const { rows } = await db.query<{ type_id: string }>(
    'select distinct type_id from product where customer_id = $1 and ($2::uuid is null or id = $2)',
    [customerId, productId],
  )
  return rows.map((row) => row.type_id)
}

export const settingsOfType = (typeId: string): readonly string[] => productTypeById.get(typeId)?.settings ?? []
