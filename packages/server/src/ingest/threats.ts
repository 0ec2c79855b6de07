import type { TenantDb } from '../platform/index.ts'
import type { DetectionRow, SourceRow } from './store.ts'

const dayMs = 86_400_000
/** Names of one product in one day (by which its records count): a machine that tells as many as it likes makes no search of others slow (R18). Of further ones is noted only that there were some: the name ''. */
const mostOfADay = 1_000
/** Days of products that are remembered as written; forgotten together, they are written once more. */
const mostRemembered = 50_000

/** Which threats were noted on which day, of each product: nearly all that comes was noted before, and costs the database nothing. Only what is committed stands in it. */
const noted = new Map<string, Set<string>>()

/** A product's threats of one day. */
interface Sightings {
  customerId: string
  productId: string
  day: string
  threats: Set<string>
}

/** What of it is not noted yet. Days are those by which the records count (R23), as tallies have them. */
function unnoted(sources: readonly SourceRow[], rows: readonly DetectionRow[], now: Date): Map<string, Sightings> {
  const found = new Map<string, Sightings>()
  for (const { k, a, t } of rows) {
    const { product_id: productId, customer_id: customerId, offset } = sources[k]!
    const day = Math.floor(Math.min(Date.parse(a) + offset, now.getTime()) / dayMs)
    const key = `${productId} ${day}`
    const known = noted.get(key)
    const isMore = (known?.size ?? 0) + (found.get(key)?.threats.size ?? 0) >= mostOfADay
    const name = isMore && !found.get(key)?.threats.has(t) && !known?.has(t) ? '' : t
    if (known?.has(name)) continue
    let sightings = found.get(key)
    if (!sightings)
      found.set(key, (sightings = { customerId, productId, day: new Date(day * dayMs).toISOString().slice(0, 10), threats: new Set() }))
    sightings.threats.add(name)
  }
  return found
}

/**
 * Which threats were found at which product, and between which days: what a search for a name finds, also where all of it was dealt with (decision 31).
 * @param isSure the transaction commits all of this or nothing: what is written need not be written again
 */
export async function noteThreats(
  db: TenantDb,
  sources: readonly SourceRow[],
  rows: readonly DetectionRow[],
  now: Date,
  isSure: boolean,
): Promise<void> {
  const found = unnoted(sources, rows, now)
  if (found.size === 0) return
  const seen = [...found.values()].flatMap(({ customerId, productId, day, threats }) =>
    [...threats].map((threat) => ({ c: customerId, p: productId, d: day, t: threat })),
  )
  await db.query(
    `insert into threat_seen as s (partner_id, customer_id, product_id, threat, first_on, last_on)
     select $1, (array_agg(c))[1], p, t, min(d), max(d) from json_to_recordset($2) as r (c uuid, p uuid, d date, t text) group by p, t order by p, t
     on conflict (partner_id, product_id, threat) do update set first_on = least(s.first_on, excluded.first_on), last_on = greatest(s.last_on, excluded.last_on)
     where excluded.first_on < s.first_on or excluded.last_on > s.last_on`,
    [db.tenant.partnerId, JSON.stringify(seen)],
  )
  if (!isSure) return
  db.afterCommit(() => {
    if (noted.size > mostRemembered) noted.clear()
    for (const [key, { threats }] of found) noted.set(key, new Set([...(noted.get(key) ?? []), ...threats]))
  })
}
