import { folded, looksLikeAddress, type HitOf } from '@vigie/domain/search'
import { restrictView, soughtWords, withoutAddresses } from '../consent/index.ts'
import { decodeCursor, encodeCursor, keyset, likePattern, ofOwn, Params, sees, type TenantDb } from '../platform/index.ts'
import { anyOf, bitsOf, orById, type Found, type PageOf, type Words } from './words.ts'

/** So many that a word finds are judged one by one; where more are, a walk in the order of names soon meets those that are sought (decisions 0022, 0031). */
const most = { endpoints: 5_000, customers: 300 } as const

/** So many are looked through first for what several common words ask together. */
const looked = 5_000

/** First those whose name begins with the first word: a piece of the index of names; then the others. */
const tiers = ['starts', 'within'] as const
type Tier = (typeof tiers)[number]
const byName = (key: string) => ({ starts: [{ sql: key, type: 'text' }], within: [{ sql: key, type: 'text' }] }) as const
const sorts = byName('e.name_key')
/** The same order from the words alone, whose first line is the name. */
const sortsOfWords = byName(`(split_part(s.words, E'\\n', 1) collate "C")`)

/** `vigie.endpoint_words`: the name in the first line, addresses in the second, each after a blank; of an address its beginning counts, of all else any part. */
const patternsOf = (word: string): string[] =>
  looksLikeAddress(word) ? [likePattern(` ${word}`), `${likePattern(word)}\n %`] : [likePattern(word)]

interface Row {
  tier: Tier
  id: string
  name: string
  addresses: string[]
  former_names: string[]
  customer_id: string
  company: string
  description: string
  keys: string[]
}

/**
 * By name, former name, address and platform, with or without words of their customer. Plan: what one of the words finds by index, if that is little; else from name to name, which soon fills a page; for whoever
 * is limited, where it would not be soon, his endpoints' words once (store.plan.test.ts).
 */
export async function endpoints(db: TenantDb, words: Words, page: PageOf): Promise<Found<HitOf<'endpoint'>>> {
  const from = page.cursor === undefined ? 'starts' : (tiers.find((tier) => tier === decodeCursor(page.cursor!, 3)[0]) ?? 'starts')
  const consented = (await restrictView(db, 'view-endpoints', 'e.customer_id', {})) ?? 'true'
  const found: Row[] = []
  const readOn = async (tier: Tier, few: Few | null) => {
    if (tiers.indexOf(tier) < tiers.indexOf(from)) return
    found.push(
      ...(await read(db, words, tier, few, consented, {
        limit: page.limit + 1 - found.length,
        cursor: tier === from ? page.cursor : undefined,
      })),
    )
  }
  // all whose name begins with the only word are sought: no need to ask how many others there are
  const isAsked = words.all === 1 && seesAll(db)
  if (isAsked) await readOn('starts', null)
  if (found.length <= page.limit) {
    const few = await fewWith(db, words)
    if (few === null || few.endpoints.length + few.customers.length > 0 || words.id !== null) {
      if (!isAsked) await readOn('starts', few)
      if (found.length <= page.limit) await readOn('within', few)
    }
  }
  const shown = found.slice(0, page.limit)
  const last = shown.at(-1)
  const withheld = await withoutAddresses(
    db,
    shown.map((row) => row.customer_id),
  )
  return {
    rows: shown.map((row) => toHit(withheld.has(row.customer_id) ? { ...row, addresses: [] } : row, words)),
    nextCursor: last && found.length > page.limit ? encodeCursor([last.tier, ...last.keys]) : null,
  }
}

/** All that have one of the words, by themselves or through their customer: those sought are among them. */
interface Few {
  endpoints: readonly string[]
  customers: readonly string[]
}

/** Null: no word is rare. */
async function fewWith(db: TenantDb, words: Words): Promise<Few | null> {
  const params = new Params()
  const isAlone = words.all === 1 // then endpoints are not found through their customer
  const { rows } = isAlone
    ? { rows: [] }
    : await db.query<{ bits: number; customers: number; ids: string[] | null }>(
        `select bits, count(*)::integer as customers, case when count(*) <= ${most.customers} then array_agg(id) end as ids
     from (select c.id, ${bitsOf('c.search_key', words, params)} as bits from customer c where ${anyOf('c.search_key', words, params)}) met group by bits`,
        params.values,
      )
  // the longest is likely the rarest; those of one or two signs, of which the index knows nothing, come last: even so cheaper than a walk that meets none
  for (const [i, word] of [...words.folded.entries()].toSorted(([, a], [, b]) => b.length - a.length)) {
    const through = rows.filter(({ bits }) => (bits & (2 ** i)) > 0)
    if (through.reduce((sum, { customers }) => sum + customers, 0) > most.customers) continue
    const own = await withWord(db, word)
    if (own !== null) return { endpoints: own, customers: through.flatMap(({ ids }) => ids!) }
  }
  return null
}

/**
 * Whoever sees the whole business asks the indexes of words and names. Whoever is limited never does: how long that takes tells what there is, also at customers he does not see (ACC-14). The words of
 * his own endpoints are compared, whatever that finds (LIKE comes after row-level security, by which they are his own).
 */
const seesAll = (db: TenantDb) => db.tenant.scope === 'all'

/** Ids of endpoints with the word; null: there are many. */
async function withWord(db: TenantDb, word: string): Promise<string[] | null> {
  const patterns = patternsOf(word)
  if (seesAll(db)) {
    const {
      rows: [found],
    } = await db.query<{ ids: string[] | null }>('select vigie.search_endpoints($1, $2, $3) as ids', [word, patterns, most.endpoints])
    return found!.ids
  }
  const own = (await sees(db)) === 'part' ? `${ofOwn('customer_id')} and ` : ''
  const { rows } = await db.query<{ id: string }>(
    // of one pattern LIKE itself is quicker than ANY; of several one LIKE keeps nearly all from being asked for each
    `select endpoint_id as id from endpoint_search where ${own}words like $1${patterns.length === 1 ? '' : ' and words like any($2::text[])'} limit ${most.endpoints + 1}`,
    patterns.length === 1 ? patterns : [likePattern(word), patterns],
  )
  return rows.length > most.endpoints ? null : rows.map(({ id }) => id)
}

async function read(db: TenantDb, words: Words, tier: Tier, few: Few | null, consented: string, page: PageOf): Promise<Row[]> {
  const params = new Params()
  const keys = keyset(sorts, 'e.id', { ...page, sort: tier }, params)
  const isAlone = words.all === 1
  const own = ownBits(await soughtWords(db, few === null ? 'e.search_key' : 's.words', 'e.customer_id'), words, params)
  // by the order of "C" all that begin with it lie between it and it with the highest sign behind
  const starts = seesAll(db)
    ? `e.name_key >= ${params.add(words.folded[0])} and e.name_key < ${params.add(words.folded[0])} || U&'\\+10FFFF'`
    : `e.name_key like ${params.add(words.patterns[0]!.slice(1))}`
  const places = [consented, keys.where, tier === 'starts' ? starts : `not (${starts})`].join(' and ')
  const met = isAlone ? `${own} = 1` : `(${own} > 0 and (${own} | ${bitsOf('c.search_key', words, params)}) = ${words.all})`
  const limit = params.add(page.limit)
  const customer = isAlone ? '' : 'join customer c on c.partner_id = e.partner_id and c.id = e.customer_id'
  const shown = async (among: string, condition: string) =>
    (
      await db.query<Row>(
        `with page as materialized (
       select e.id, e.partner_id, e.name, e.name_key, e.addresses, e.customer_id, e.product_id, ${keys.keys} as keys from ${among} ${customer} where ${condition} order by ${keys.orderBy} limit ${limit}
     )
     select '${tier}' as tier, e.id, e.name, e.addresses, s.former_names, e.customer_id, c.company, p.description, e.keys
     from page e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id join product p on p.partner_id = e.partner_id and p.id = e.product_id
       join endpoint_search s on s.partner_id = e.partner_id and s.endpoint_id = e.id
     order by ${keys.orderBy}`,
        params.values,
      )
    ).rows
  const among = async (those: Few) => {
    const ids = orById(['e.id', 'e.agent_id'], words, params)
    return await shown(
      `(select e.* from endpoint e where e.id = any(${params.add(those.endpoints)}::uuid[]) or e.customer_id = any(${params.add(those.customers)}::uuid[])${ids} offset 0) e
       join endpoint_search s on s.partner_id = e.partner_id and s.endpoint_id = e.id`,
      `${places} and (${met}${ids})`,
    )
  }
  if (few !== null) return await among(few)
  // whoever is limited asks no range of names: a walk to those that begin with the word passes all before them
  const byWords = async () => await among({ endpoints: await firstByWords(db, words, tier, page), customers: [] })
  if (!seesAll(db) && tier === 'starts') return await byWords()
  if (isAlone) return await shown('endpoint e', `${places} and ${met}`)
  // of two words together the planner knows nothing: most often the first in the order of names have a page of both
  const first = await shown(`(select e.* from endpoint e where ${places} order by ${keys.orderBy} limit ${looked}) e`, met)
  if (first.length === page.limit) return first
  return seesAll(db) ? await shown('endpoint e', `${places} and ${met}`) : await byWords()
}

/** Ids of the first of a page: by one pass over the words of what the account sees, not one row of the endpoints themselves. */
async function firstByWords(db: TenantDb, words: Words, tier: Tier, page: PageOf): Promise<string[]> {
  const params = new Params()
  const keys = keyset(sortsOfWords, 's.endpoint_id', { ...page, sort: tier }, params)
  const starts = `s.words like ${params.add(words.patterns[0]!.slice(1))}`
  const own = ownBits(await soughtWords(db, 's.words', 's.customer_id'), words, params)
  const isAlone = words.all === 1
  const conditions = [
    ...((await sees(db)) === 'part' ? [ofOwn('s.customer_id')] : []),
    tier === 'starts' ? starts : `not (${starts})`,
    isAlone ? `${own} = 1` : `${own} > 0 and (${own} | ${bitsOf('c.search_key', words, params)}) = ${words.all}`,
    (await restrictView(db, 'view-endpoints', 's.customer_id', {})) ?? 'true',
    keys.where,
  ]
  const { rows } = await db.query<{ id: string }>(
    `select s.endpoint_id as id from endpoint_search s ${isAlone ? '' : 'join customer c on c.partner_id = s.partner_id and c.id = s.customer_id'}
     where ${conditions.join(' and ')} order by ${keys.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  return rows.map(({ id }) => id)
}

const ownBits = (column: string, { folded: all }: Words, params: Params): string =>
  `(${all
    .map(
      (word, i) =>
        `case when ${patternsOf(word)
          .map((pattern) => `${column} like ${params.add(pattern)}`)
          .join(' or ')} then ${2 ** i} else 0 end`,
    )
    .join(' + ')})`

export function toHit(row: Omit<Row, 'keys' | 'tier'>, { folded: all }: Pick<Words, 'folded'>): HitOf<'endpoint'> {
  const missing = all.filter((word) => !folded(row.name).includes(word))
  return {
    kind: 'endpoint',
    id: row.id,
    name: row.name,
    productName: row.description,
    customerId: row.customer_id,
    customerName: row.company,
    formerName: row.former_names.find((name) => missing.some((word) => folded(name).includes(word))) ?? null,
    address: row.addresses.find((address) => missing.some((word) => folded(address).startsWith(word))) ?? null,
  }
}
