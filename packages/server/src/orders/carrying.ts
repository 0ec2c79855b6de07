import { checkValues } from '@vigie/domain/settings'
import { Problem, type FieldError } from '@vigie/domain/kernel'
import { orderLimit, type OrderParams, type OrderSettings, type OrderTarget, type OrderUrls } from '@vigie/domain/orders'
import { speaker, type Actor, type TenantDb } from '../platform/index.ts'
import {
  getTemplate,
  lookAtSettings,
  lookAtUrls,
  templateVersions,
  type CarriedSettings,
  type CarriedUrls,
  type CarryPlace,
  type Memory,
  type UrlMemory,
} from '../settings/index.ts'
import * as places from './places.ts'
import type { OrderRow } from './store.ts'
import { customersOf } from './targets.ts'

export type Carried = CarriedSettings | CarriedUrls

/**
 * What an order of this type carries, fixed as it is now: the template's version, with its values. @throws permission.missing, template.not-found, request.invalid
 */
export async function carriedOf(
  db: TenantDb,
  actor: Actor,
  type: 'apply-settings' | 'change-urls',
  params: OrderParams | null,
  target: OrderTarget,
): Promise<Carried> {
  if (!actor.permissions.has('setting.update')) throw new Problem('permission.missing', { permission: 'setting.update' })
  if (target.kind === 'undo-of') return { kind: 'undo' }
  if (type === 'change-urls') {
    const { list, entries } = params as OrderUrls
    return { kind: 'urls', list, entries: [...new Set(entries)] }
  }
  const { template: asked, values } = params as OrderSettings
  if (asked === undefined) return { kind: 'values', values: checked(values!) }
  const template = await getTemplate(db, asked.id, speaker(actor.locale), 'share')
  const version = (await templateVersions(db, template)).find(({ number }) => number === asked.version)
  if (!version) throw new Problem('template.not-found', { templateId: asked.id, version: asked.version })
  return {
    kind: 'template',
    template: { id: template.id, name: version.name, version: version.number, values: version.values, families: version.families },
  }
}

/** @throws request.invalid */
function checked(values: NonNullable<OrderSettings['values']>): Extract<CarriedSettings, { kind: 'values' }>['values'] {
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
  const unset = Object.keys(values).filter((key) => values[key] === null)
  const { values: taken, errors } = checkValues(set)
  const unknown = checkValues(Object.fromEntries(unset.map((key) => [key, null]))).errors.filter(({ code }) => code === 'unknown')
  const derived: FieldError[] = Object.keys(values)
    .filter((key) => key.endsWith('.time-zone'))
    .map((key) => ({ path: `values.${key}`, code: 'not-a-choice' }))
  const wrong = [...errors, ...unknown, ...derived].map((field) => ({ ...field, path: `params.${field.path}` }))
  if (wrong.length > 0) throw new Problem('request.invalid', {}, { fields: wrong })
  return { ...taken, ...Object.fromEntries(unset.map((key) => [key, null])) }
}

interface Chosen {
  customer_id: string
  product_id: string | null
  name: string
  company: string
  before: unknown
  after: unknown
}

/** The places that a target means now. Of customers all products where it is set at products; of products these; with types only products of these. */
export async function chosenBy(db: TenantDb, target: OrderTarget, params: OrderParams | null): Promise<Chosen[]> {
  if (target.kind === 'undo-of') return await places.done(db, target.orderId)
  const { customerIds, productIds, typeIds } = await customersOf(db, target)
  const isAtProducts = productIds !== null || (params !== null && 'at' in params && params.at === 'product')
  const { rows } = isAtProducts
    ? await db.query<Chosen>(
        `select p.customer_id, p.id as product_id, p.description as name, c.company, null as before, null as after from product p join customer c on c.partner_id = p.partner_id and c.id = p.customer_id
         where p.customer_id = any($1) and ($2::uuid[] is null or p.id = any($2)) and ($3::text[] is null or p.type_id = any($3)) order by p.customer_id, p.id`,
        [customerIds, productIds, typeIds],
      )
    : await db.query<Chosen>(
        `select id as customer_id, null as product_id, '' as name, company, null as before, null as after from customer where id = any($1) order by id`,
        [customerIds],
      )
  if (rows.length > orderLimit) throw new Problem('order.too-many', { limit: orderLimit })
  return rows
}

/** For those that do not take it, or have it already, the reason; beside it the agents that would get it. Nothing is set. */
export async function lookAtPlaces(
  db: TenantDb,
  order: Pick<OrderRow, 'id' | 'type' | 'params' | 'target' | 'carried' | 'created_by'>,
  now: Date,
): Promise<void> {
  const chosen = await chosenBy(db, order.target, order.params)
  const looked =
    order.type === 'change-urls'
      ? await lookAtUrls(db, order.carried as CarriedUrls, chosen.map(urlPlace))
      : await lookAtSettings(db, order.carried as CarriedSettings, chosen.map(settingPlace), order.created_by, now)
  await places.replace(
    db,
    order.id,
    looked.map(({ reason, lines, weakens, endpointCount }, at) => {
      const { customer_id, product_id, name, company } = chosen[at]!
      return { customer_id, product_id, name, company, reason, lines, weakens, endpoint_count: endpointCount }
    }),
    now,
  )
  await db.query('delete from order_agent where order_id = $1', [order.id])
  const groups = looked.flatMap(({ reason, groups: some }) => (reason === null ? some : []))
  await db.query(
    `insert into order_agent (partner_id, order_id, agent_id, customer_id, product_id, name, company, ring, step, reason, at)
     select distinct on (a.id) a.partner_id, $1, a.id, a.customer_id, a.product_id, a.hostname, c.company, 0, case when g.changes then 'planned' else 'skipped' end, case when not g.changes then 'as-it-is' end, $2
     from unnest($3::uuid[], $4::text[], $5::boolean[]) g (product_id, name, changes) join endpoint e on e.product_id = g.product_id and e."group" = g.name
       join agent a on a.partner_id = e.partner_id and a.id = e.agent_id join customer c on c.partner_id = a.partner_id and c.id = a.customer_id order by a.id, g.changes desc`,
    [order.id, now, groups.map(({ productId }) => productId), groups.map(({ group }) => group), groups.map(({ changes }) => changes)],
  )
  const { rowCount } = await db.query('select from order_agent where order_id = $1', [order.id])
  if (rowCount > orderLimit) throw new Problem('order.too-many', { limit: orderLimit })
  await db.query(
    `update command_order set weakens = n.weakens, places_planned = n.planned, places_skipped = n.skipped, places_set = 0 from (
       select coalesce(bool_or(weakens and step = 'planned'), false) as weakens, (count(*) filter (where step = 'planned'))::integer as planned, (count(*) filter (where step = 'skipped'))::integer as skipped from order_place where order_id = $1
     ) n where id = $1`,
    [order.id],
  )
}

type Remembering = Pick<places.PlaceRow, 'customer_id' | 'product_id' | 'before' | 'after'>
export const settingPlace = ({ customer_id, product_id, before, after }: Remembering): CarryPlace => ({
  customerId: customer_id,
  productId: product_id,
  group: null,
  ...(after === null ? {} : { memory: { before: before as Memory, after: after as Memory } }),
})
export const urlPlace = ({ customer_id, after }: Remembering) => ({
  customerId: customer_id,
  ...(after === null ? {} : { memory: { after: after as UrlMemory } }),
})

/** By what a dry run is known again: the same places with the same lines, at however many endpoints. */
export async function fingerprint(db: TenantDb, orderId: string): Promise<string> {
  const {
    rows: [row],
  } = await db.query<{ print: string | null }>(
    `select md5(string_agg(customer_id::text || coalesce(product_id::text, '') || coalesce(reason, '') || (select coalesce(string_agg((l - 'endpoints')::text, ','), '') from jsonb_array_elements(lines) l), ' ' order by customer_id, product_id)) as print from order_place where order_id = $1`,
    [orderId],
  )
  return row?.print ?? ''
}
