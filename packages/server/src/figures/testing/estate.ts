import { categories } from '@vigie/domain/categories'
import { recount } from '../../assessment/index.ts'
import { newId } from '../../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct, type TestDatabase } from '../../platform/testing/database.ts'

/** Numbers that look random and are the same for the same seed: a failure can be looked at again. */
export function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

export const types = ['clamav-endpoint', 'clamav-site-server', 'wfbs-svc', 'squid-gateway', 'cloud-edge']
export const threatCategories = ['antivirus', 'web-reputation', 'botnet']
const hourMs = 3_600_000

export interface RandomEstate {
  partnerId: string
  accountId: string
  customerIds: string[]
  products: { id: string; customerId: string; typeId: string }[]
  endpointOf: ReadonlyMap<string, string>
}

/** Customers (every other one `gold`), products in all states, endpoints with all that the inventory asks, events of every category in every state; beside a business that has the like. Kept counts are the server's own. */
export async function aRandomEstate(database: TestDatabase, now: Date, roll: (sides: number) => number): Promise<RandomEstate> {
  const partnerId = await aPartner(database)
  const { accountId } = await anActor(database, partnerId)
  const colleague = (await anActor(database, partnerId, { role: 'technician' })).accountId
  const sql = (text: string, values: unknown[]) => database.owner.query(text, values)
  const ago = (hours: number) => new Date(now.getTime() - hours * hourMs)
  const customerIds: string[] = []
  const products: RandomEstate['products'] = []
  const endpointOf = new Map<string, string>()
  for (let c = 0; c < 8; c++) {
    const customerId = await aCustomer(database, partnerId, { company: `C${c}`, tags: c % 2 ? ['gold'] : ['iron'] })
    customerIds.push(customerId)
    await sql('update customer set created_at = $2 where id = $1', [customerId, ago(roll(400) * 24)])
    for (let p = roll(3); p >= 0; p--) {
      const typeId = types[roll(types.length)]!
      const id = await aProduct(database, partnerId, customerId, { typeId, description: `P${c}${p}` })
      products.push({ id, customerId, typeId })
      await sql('update product set state = $2, created_at = $3, last_seen_at = $4 where id = $1', [
        id,
        ['online', 'offline', 'abnormal', 'pending'][roll(4)],
        ago(roll(400) * 24),
        roll(3) ? ago(roll(2)) : null,
      ])
      const licences = licencesFor(now, roll)
      for (let e = 0; e <= roll(4); e++) {
        const endpointId = newId(now)
        endpointOf.set(id, endpointId)
        await sql(
          `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", engine, engine_version, pattern_built_at, real_time_scan, open_infections, received_at, created_at, health)
           values ($1, $2, $3, $4, $5, $5, 'servers', $6, $7, $8, $9, $10, $11, $12, $13)`,
          [
            partnerId,
            endpointId,
            customerId,
            id,
            `pc-${e}`,
            roll(5) ? 'clamav' : null,
            ['1.4.2', '1.4.3'][roll(2)],
            ago(roll(200)),
            ['on', 'off', 'on-not-protecting', 'unknown'][roll(4)],
            Math.max(0, roll(4) - 2),
            roll(5) ? ago(roll(400)) : null,
            ago(roll(600)),
            licences,
          ],
        )
      }
      for (let n = roll(12); n > 0; n--) await anEvent(id, customerId, n)
    }
  }
  async function anEvent(productId: string, customerId: string, n: number) {
    const category = categories[roll(categories.length)]!
    const conditions = Object.entries(category.conditions)
    const [condition, { severity }] = conditions[roll(conditions.length)]!
    const isSilent = roll(5) === 0
    const silenceId = newId(now)
    if (isSilent) {
      await sql(
        `insert into event_silence (partner_id, id, customer_id, product_id, category, condition, event_id, kind, reason, owner_name, by_name, since) values ($1, $2, $3, $4, $5, $6, $2, 'snoozed', 'r', 'o', 'b', $7)`,
        [partnerId, silenceId, customerId, productId, category.id, `${condition} ${n}`, ago(1)],
      )
    }
    await sql(
      `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at, assignee_id, silence_id, silence_kind)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13)`,
      [
        partnerId,
        newId(now),
        customerId,
        productId,
        category.id,
        `${condition} ${n}`,
        severity,
        severity === 'warning' ? 1 : 2,
        ['unresolved', 'pending', 'resolved'][roll(3)],
        ago(roll(100)),
        [null, accountId, colleague][roll(3)],
        isSilent ? silenceId : null,
        isSilent ? 'snoozed' : null,
      ],
    )
  }
  await sql('update product p set endpoint_count = (select count(*) from endpoint e where e.product_id = p.id) where partner_id = $1', [
    partnerId,
  ])
  await sql('update customer c set endpoint_count = (select count(*) from endpoint e where e.customer_id = c.id) where partner_id = $1', [
    partnerId,
  ])
  await database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
    recount(
      db,
      products.map(({ id }) => id),
      customerIds,
    ),
  )
  return { partnerId, accountId, customerIds, products, endpointOf }
}

/** Of all endpoints of a product the same; none at one in four. */
function licencesFor(now: Date, roll: (sides: number) => number): string | null {
  if (roll(4) === 0) return null
  const expiresAt = roll(5) ? new Date(now.getTime() + (roll(90) - 30) * 24 * hourMs).toISOString() : null
  return JSON.stringify({
    licence: {
      ...[{}, { kind: 'full' }, { kind: 'trial' }][roll(3)],
      expiresAt,
      seats: roll(4) ? roll(50) : null,
      seatsUsed: roll(4) ? roll(60) : null,
    },
  })
}

export const isGateway = ({ typeId }: { typeId: string }) => ['squid-gateway', 'cloud-edge'].includes(typeId)
/** What gateways among them come to, of business `$1`. */
export const appliancesOf = (detections: string) => `
  select $1::uuid, date_trunc('hour', d.counted_at), d.category, d.customer_id, d.product_id, vigie.five_minutes(array_agg(vigie.slot(d.counted_at)), 1)
  from ${detections} d join product p on p.partner_id = $1 and p.id = d.product_id where p.type_id in ('squid-gateway', 'cloud-edge') group by 2, 3, 4, 5`

/**
 * Detections as ingest stores and counts them. `inTime`: as if each had come in its hour, so that it was not late; past the trigger that would note it.
 */
export async function detect(
  database: TestDatabase,
  { partnerId, endpointOf }: RandomEstate,
  found: readonly { product: RandomEstate['products'][number]; category: string; at: Date; offsetMs?: number }[],
  { inTime = false } = {},
): Promise<void> {
  const client = await database.owner.connect()
  try {
    await client.query('begin')
    if (inTime) await client.query(`set local session_replication_role = 'replica'`)
    await client.query(
      `with added as (
         insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
         select $1, r.customer, r.product, r.at + r.off * interval '1 millisecond', decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), r.endpoint, r.category, 't', 'o', 'deleted', 'e', r.at, r.at
         from json_to_recordset($2) as r (customer uuid, product uuid, endpoint uuid, category text, at timestamptz, off bigint)
         returning customer_id, product_id, category, counted_at),
       appliances as (
         insert into tally_appliance as a (partner_id, hour, category, customer_id, product_id, totals) ${appliancesOf('added')}
         on conflict (partner_id, hour, category, customer_id, product_id) do update set totals = vigie.add_five_minutes(a.totals, excluded.totals))
       insert into tally_hour as h (partner_id, customer_id, type_id, category, hour, count)
       select $1, a.customer_id, p.type_id, a.category, date_trunc('hour', a.counted_at), count(*) from added a join product p on p.partner_id = $1 and p.id = a.product_id group by 2, 3, 4, 5
       on conflict (partner_id, hour, category, type_id, customer_id) do update set count = h.count + excluded.count`,
      [
        partnerId,
        JSON.stringify(
          found.map(({ product, category, at, offsetMs = 0 }) => ({
            customer: product.customerId,
            product: product.id,
            endpoint: endpointOf.get(product.id),
            category,
            at,
            off: offsetMs,
          })),
        ),
      ],
    )
    await client.query('commit')
  } finally {
    client.release()
  }
}
