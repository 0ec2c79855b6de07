import type { HitOf } from '@vigie/domain/search'
import { restrictView } from '../consent/index.ts'
import { keyset, ofOwn, Params, sees, type TenantDb } from '../platform/index.ts'
import { anyOf, bitsOf, type Found, type PageOf, type Words } from './words.ts'

const newest = { newest: [{ sql: 't.last_on', type: 'date' }] } as const
/** So many of the newest are looked through first: a name that many had lately is soon met. Only of who sees all is it known that somebody had it: for others it is often in vain. */
const looked = { all: 3_000, most: 1_000 } as const

export interface ThreatHitRow {
  id: string
  threat: string
  product_id: string
  description: string
  customer_id: string
  company: string
  first_on: string
  last_on: string
}
export const toThreatHit = (row: ThreatHitRow): HitOf<'threat'> => ({
  kind: 'threat',
  id: row.id,
  name: row.threat,
  productId: row.product_id,
  productName: row.description,
  firstOn: row.first_on,
  lastOn: row.last_on,
  customerId: row.customer_id,
  customerName: row.company,
})
export const threatColumns =
  't.id, t.threat, t.product_id, p.description, t.customer_id, c.company, t.first_on::text as first_on, t.last_on::text as last_on'
export const threatJoins =
  'join customer c on c.partner_id = t.partner_id and c.id = t.customer_id join product p on p.partner_id = t.partner_id and p.id = t.product_id'

/**
 * Threats by name, with or without words of the customer that had them, dealt with or not; the newest first. Plan: never a raw record. Whoever sees the whole business reads the names that there are
 * (a few thousand), then, of the places where they were found, the newest, and where those have no page, all of these names; whoever is limited reads the newest, then all that he sees, whatever is sought: never
 * the names, which are everybody's (ACC-14). Whoever sees a part reads what his customers had, by them: of the newest he may see few.
 */
export async function threats(db: TenantDb, words: Words, page: PageOf): Promise<Found<HitOf<'threat'>>> {
  const seen = await sees(db)
  const names = seen === 'all' ? await namesWith(db, words) : null
  if (names?.length === 0) return { rows: [], nextCursor: null }
  const params = new Params()
  const consented = (await restrictView(db, 'view-detections', 't.customer_id', {})) ?? 'true'
  const keys = keyset(newest, 't.id', { ...page, sort: '-newest' }, params)
  // behind the wall LIKE comes last: of a few names it is asked which they are, of all that an account of its own sees, each
  const named = names === null ? anyOf('t.threat_key', words, params) : `t.threat_key = any(${params.add(names)}::text[])`
  const own = seen === 'part' ? ofOwn('t.customer_id') : 'true'
  const isAlone = words.all === 1
  const met = isAlone ? 'true' : `(${bitsOf('t.threat_key', words, params)} | ${bitsOf('c.search_key', words, params)}) = ${words.all}`
  const limit = params.add(keys.limit)
  const read = async (among: string) =>
    (
      await db.query<ThreatHitRow & { keys: string[] }>(
        `select ${threatColumns}, ${keys.keys} as keys from (${among}) t ${threatJoins} where ${met} order by ${keys.orderBy} limit ${limit}`,
        params.values,
      )
    ).rows
  const places = `${consented} and ${keys.where}`
  // all of a word alone is known without what is joined: no more of it than a page goes on
  const all = `select * from (select * from threat_seen t where ${own} and ${places} and ${named} offset 0) t${isAlone ? ` order by ${keys.orderBy} limit ${limit}` : ''}`
  let rows =
    seen === 'part'
      ? []
      : await read(
          `select * from (select * from threat_seen t where ${places} order by ${keys.orderBy} limit ${looked[seen]}) t where ${named} offset 0`,
        )
  if (rows.length < keys.limit) rows = await read(all)
  const shown = keys.page(rows)
  return { rows: shown.rows.map(toThreatHit), nextCursor: shown.nextCursor }
}

/** Folded, each once. */
async function namesWith(db: TenantDb, words: Words): Promise<string[]> {
  const params = new Params()
  const { rows } = await db.query<{ name: string }>(
    `select threat_key as name from threat_name where ${anyOf('threat_key', words, params)}`,
    params.values,
  )
  return rows.map(({ name }) => name)
}
