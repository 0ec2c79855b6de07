import { indexesInForce, licenceExpiring } from '@vigie/domain/categories'
import type { Params, TenantDb } from '../platform/index.ts'

/** Days before its end from which on a licence is expiring: for most customers the same, for those that tuned it, or their tags did, their own. */
interface ExpiringDays {
  usual: number
  customerIds: readonly string[]
  days: readonly number[]
}

/** The index in force of category `licence-expiring` (EVT-3), of everybody at once. Plan: index_value has few rows, tags are found by their index. */
async function expiringDays(db: TenantDb): Promise<ExpiringDays> {
  const { rows } = await db.query<{ customer_id: string | null; tag: string | null; value: number }>(
    `select customer_id, tag, value from index_value where category = $1 and name = 'days'`,
    [licenceExpiring.id],
  )
  const tags = rows.flatMap(({ tag, value }) => (tag === null ? [] : [{ tag, value }]))
  const own = new Map(rows.flatMap(({ customer_id, value }) => (customer_id === null ? [] : [[customer_id, value] as const])))
  const tagged =
    tags.length === 0
      ? []
      : (
          await db.query<{ id: string; tags: string[] }>(
            'select customer_id as id, array_agg(tag) as tags from customer_tag where tag = any($1) group by 1',
            [tags.map(({ tag }) => tag)],
          )
        ).rows
  const tagsOf = new Map(tagged.map((row) => [row.id, row.tags]))
  const business =
    rows.filter(({ customer_id, tag }) => customer_id === null && tag === null).map(({ value }) => ({ days: value }))[0] ?? {}
  const inForce = (customer: Record<string, number>, byTag: Record<string, Record<string, number>>) =>
    indexesInForce(licenceExpiring, business, customer, byTag)['days']!.value
  const customerIds = [...new Set([...own.keys(), ...tagsOf.keys()])]
  return {
    usual: inForce({}, {}),
    customerIds,
    days: customerIds.map((id) =>
      inForce(
        own.has(id) ? { days: own.get(id)! } : {},
        Object.fromEntries(tags.filter(({ tag }) => tagsOf.get(id)?.includes(tag)).map(({ tag, value }) => [tag, { days: value }])),
      ),
    ),
  }
}

/**
 * What tells the state of licences `l`, as SQL: `join` for the FROM, `days` the index in force, `state` one of `licenceStates`. To the moment, as the events: the day on which it ends is its last.
 */
export async function licenceState(db: TenantDb, params: Params, now: Date): Promise<{ join: string; days: string; state: string }> {
  const { usual, customerIds, days } = await expiringDays(db)
  const at = `${params.add(now)}::timestamptz`
  const isTuned = customerIds.length > 0
  const inForce = isTuned ? `coalesce(d.days, ${params.add(usual)}::integer)` : `${params.add(usual)}::integer`
  return {
    // nobody tuned it, as is usual: nothing to join
    join: isTuned
      ? `left join unnest(${params.add(customerIds)}::uuid[], ${params.add(days)}::integer[]) as d (customer_id, days) on d.customer_id = l.customer_id`
      : '',
    days: inForce,
    state: `case when l.expires_at <= ${at} then 'expired' when l.expires_at <= ${at} + ${inForce} * interval '24 hours' then 'expiring' else 'valid' end`,
  }
}
