import type { TenantDb } from '../platform/index.ts'
import type { DetectionRow, SourceRow } from './detections.ts'

const dayMs = 86_400_000
const dayUs = dayMs * 1_000
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

/** What of it is not noted yet. Days are those by which the records count (R23), as tallies have them. Looked at row by row, so quick for what follows its like: a source's records of one day. */
function unnoted(sources: readonly SourceRow[], rows: readonly DetectionRow[], now: Date): Map<string, Sightings> {
  const found = new Map<string, Sightings>()
  const nowUs = now.getTime() * 1_000
  let place = { source: -1, day: 0, key: '', known: undefined as Set<string> | undefined, more: undefined as Sightings | undefined }
  for (const { source, atUs, threat } of rows) {
    const day = Math.floor(Math.min(atUs + sources[source]!.offset * 1_000, nowUs) / dayUs)
    if (source !== place.source || day !== place.day) {
      const key = `${sources[source]!.product_id} ${day}`
      place = { source, day, key, known: noted.get(key), more: found.get(key) }
    }
    const { known, more } = place
    if (known?.has(threat) || more?.threats.has(threat)) continue
    const name = (known?.size ?? 0) + (more?.threats.size ?? 0) >= mostOfADay ? '' : threat
    if (known?.has(name)) continue
    if (more) more.threats.add(name)
    else {
      const { product_id: productId, customer_id: customerId } = sources[source]!
      place.more = { customerId, productId, day: new Date(day * dayMs).toISOString().slice(0, 10), threats: new Set([name]) }
      found.set(place.key, place.more)
    }
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
