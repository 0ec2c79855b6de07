import { refusalsKeptDays, type Known, type Refusal, type SuspectAgent, type SuspectProduct } from '@vigie/domain/inventory'
import type { Endpoint } from '@vigie/domain/products'
import { soughtByAddress, withoutAddresses } from '../consent/index.ts'
import { findEndpoints } from '../products/index.ts'
import type { TenantDb } from '../platform/index.ts'

/** So many of each kind: one machine is sought. */
const few = 5
const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Everything that Vigie knows by these clues (names, addresses, ids, GUIDs), behind the wall: what one may not see is not there. */
export async function known(db: TenantDb, clues: readonly string[], now: Date): Promise<Known> {
  const ids = clues.filter((clue) => isId.test(clue)).map((id) => id.toLowerCase())
  const words = clues.filter((clue) => !isId.test(clue) && clue !== '')
  const endpoints = new Map<string, Endpoint>()
  for (const q of words) for (const endpoint of await findEndpoints(db, { q }, few, now)) endpoints.set(endpoint.id, endpoint)
  if (ids.length > 0) for (const endpoint of await findEndpoints(db, { ids }, few, now)) endpoints.set(endpoint.id, endpoint)
  return {
    endpoints: [...endpoints.values()].slice(0, few),
    agents: await agentsBy(db, words, ids, now),
    products: await productsBy(db, ids, now),
    refusals: await refusalsBy(db, words, ids, now),
  }
}

const daysBefore = (now: Date) => new Date(now.getTime() - refusalsKeptDays * 86_400_000)

/** By host name, address, their own id, their product's id or GUID, their endpoints' names; those heard last come first. Plan: candidates by index, but addresses, which this one page reads through. */
async function agentsBy(db: TenantDb, words: readonly string[], ids: readonly string[], now: Date): Promise<SuspectAgent[]> {
  const seen = await soughtByAddress(db, 'customer_id')
  const { rows } = await db.query<
    Omit<SuspectAgent, 'lastSeenAt' | 'deadLetters'> & { lastSeenAt: Date | null; deadCount: number; deadReason: string | null }
  >(
    `with folded as (select array_agg(vigie.fold(w)) as names from unnest($1::text[]) w),
       found as (
         select id from agent where id = any($2::uuid[])
         union select id from agent where product_id in (select id from product where guid = any($2::uuid[]) or id = any($2::uuid[]))
         union (select id from agent where hostname_key = any ((select names from folded)::text[]) limit 50)
         union (select agent_id from endpoint where name_key = any ((select names from folded)::text[]) and agent_id is not null limit 50)
         union (select id from agent where addresses && $1::text[] and ${seen} limit 50)
       )
     select a.id, a.hostname, a.state, a.cause, a.customer_id as "customerId", c.company as "customerName", a.product_id as "productId", p.description as "productName", a.last_seen_at as "lastSeenAt",
       a.cloned_from_id is not null as "isClone", (select count(*)::integer from endpoint e where e.partner_id = a.partner_id and e.agent_id = a.id and e.received_at is not null) as "endpointCount",
       d.count as "deadCount", d.reason as "deadReason"
     from agent a join customer c on c.partner_id = a.partner_id and c.id = a.customer_id join product p on p.partner_id = a.partner_id and p.id = a.product_id
       left join lateral (
         select count(*)::integer as count, (array_agg(l.reason order by l.received_at desc))[1] as reason from dead_letter l
         where l.partner_id = a.partner_id and l.product_id = a.product_id and l.agent_id = a.id and l.received_at > $3
       ) d on true
     where a.id in (select id from found) order by a.last_seen_at desc nulls last, a.id limit ${few}`,
    [words, ids, daysBefore(now)],
  )
  return rows.map(({ lastSeenAt, deadCount, deadReason, ...row }) => ({
    ...row,
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
    deadLetters: { count: deadCount, reason: deadReason },
  }))
}

async function productsBy(db: TenantDb, ids: readonly string[], now: Date): Promise<SuspectProduct[]> {
  if (ids.length === 0) return []
  const { rows } = await db.query<Omit<SuspectProduct, 'keyState'> & { usedAt: Date | null; expiresAt: Date | null }>(
    `select p.id, p.description as name, p.customer_id as "customerId", c.company as "customerName", p.state, p.key_used_at as "usedAt", p.key_expires_at as "expiresAt"
     from product p join customer c on c.partner_id = p.partner_id and c.id = p.customer_id where p.guid = any($1::uuid[]) or p.id = any($1::uuid[]) order by p.id limit ${few}`,
    [ids],
  )
  return rows.map(({ usedAt, expiresAt, ...row }) => ({
    ...row,
    keyState: expiresAt === null ? 'none' : usedAt !== null ? 'used' : expiresAt <= now ? 'expired' : 'waiting',
  }))
}

/** Newest first. */
async function refusalsBy(db: TenantDb, words: readonly string[], ids: readonly string[], now: Date): Promise<Refusal[]> {
  const seen = await soughtByAddress(db, 'r.customer_id')
  const { rows } = await db.query<Omit<Refusal, 'at'> & { at: Date }>(
    `select r.at, r.reason, r.hostname, r.platform, r.addresses, r.agent_version as "agentVersion", r.product_id as "productId", p.description as "productName", r.customer_id as "customerId", c.company as "customerName"
     from enrolment_refusal r join product p on p.partner_id = r.partner_id and p.id = r.product_id join customer c on c.partner_id = r.partner_id and c.id = r.customer_id
     where r.at > $3 and (vigie.fold(r.hostname) = any ((select array_agg(vigie.fold(w)) from unnest($1::text[]) w)::text[]) or (r.addresses && $1::text[] or r.from_address = any($1::text[])) and ${seen}
       or r.product_id = any($2::uuid[]) or p.guid = any($2::uuid[]))
     order by r.at desc, r.id limit ${few}`,
    [words, ids, daysBefore(now)],
  )
  const withheld = await withoutAddresses(
    db,
    rows.map((row) => row.customerId),
  )
  return rows.map(({ at, ...row }) => ({ ...row, addresses: withheld.has(row.customerId) ? null : row.addresses, at: at.toISOString() }))
}
