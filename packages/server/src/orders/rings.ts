import { ringSizes } from '@vigie/domain/orders'
import type { TenantDb } from '../platform/index.ts'
import type * as orders from './store.ts'

/** Who is in which ring: drawn by lot (a hash), those that are connected first, so that the first rings answer soon. @returns the rings' sizes */
export async function layOutRings(db: TenantDb, order: orders.OrderRow): Promise<number[]> {
  const sizes = ringSizes(order.planned, order.ring_percents)
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0))
  await db.query(
    `update order_agent i set ring = (select count(*) from unnest($2::integer[]) ends where ends < drawn.place) + 1 from (
       select i.agent_id, row_number() over (order by (a.state = 'online') desc, md5(i.order_id::text || i.agent_id::text)) as place
       from order_agent i join agent a on a.partner_id = i.partner_id and a.id = i.agent_id where i.order_id = $1 and i.step = 'planned'
     ) drawn where i.order_id = $1 and i.agent_id = drawn.agent_id`,
    [order.id, ends],
  )
  await db.query('update command_order set ring_percents = $2 where id = $1', [order.id, sizes.map((_, i) => order.ring_percents[i]!)])
  return sizes
}

/**
 * Of an order that carries: whole customers, since what is set at one reaches all its endpoints. Those first where somebody is connected and answers soon, the smaller ones before the larger, so
 * that the first rings touch little. @returns how many customers each ring has
 */
export async function layOutPlaces(db: TenantDb, order: orders.OrderRow): Promise<number[]> {
  const {
    rows: [planned],
  } = await db.query<{ customers: number }>(
    `select count(distinct customer_id)::integer as customers from order_place where order_id = $1 and step = 'planned'`,
    [order.id],
  )
  const sizes = ringSizes(planned!.customers, order.ring_percents)
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0))
  await db.query(
    `update order_place i set ring = (select count(*) from unnest($2::integer[]) ends where ends < drawn.place) + 1 from (
       select p.customer_id, row_number() over (order by coalesce(bool_or(n.online), false) desc, coalesce(max(n.agents), 0), md5($1::text || p.customer_id::text)) as place
       from order_place p left join (
         select i.customer_id, count(*) as agents, bool_or(a.state = 'online') as online from order_agent i join agent a on a.partner_id = i.partner_id and a.id = i.agent_id
         where i.order_id = $1 and i.step = 'planned' group by 1) n on n.customer_id = p.customer_id
       where p.order_id = $1 and p.step = 'planned' group by p.customer_id
     ) drawn where i.order_id = $1 and i.customer_id = drawn.customer_id and i.step = 'planned'`,
    [order.id, ends],
  )
  await db.query(
    `update order_agent i set ring = p.ring from (select distinct customer_id, ring from order_place where order_id = $1 and step = 'planned') p where i.order_id = $1 and i.customer_id = p.customer_id and i.step = 'planned'`,
    [order.id],
  )
  await db.query('update command_order set ring_percents = $2 where id = $1', [order.id, sizes.map((_, i) => order.ring_percents[i]!)])
  return sizes
}
