import type { HitOf } from '@vigie/domain/search'
import { keyset, Params, type TenantDb } from '../platform/index.ts'
import { anyOf, bitsOf, orById, type Found, type PageOf, type Words } from './words.ts'

/** Those whose name begins with the first word come first, then those of whose name another word begins with it; each by name. */
const byName = {
  rank: [
    { sql: 'f.rank', type: 'integer' },
    { sql: 'f.key', type: 'text' },
  ],
} as const
const rankOf = (column: string, { patterns }: Words, params: Params): string => {
  const beginning = patterns[0]!.slice(1)
  return `case when ${column} like ${params.add(beginning)} then 0 when ${column} like ${params.add(`% ${beginning}`)} then 1 else 2 end`
}

/** By company, account id, or a person there. Plan: all customers and contacts of the business, once. */
export async function customers(db: TenantDb, words: Words, page: PageOf): Promise<Found<HitOf<'customer'>>> {
  const params = new Params()
  const keys = keyset(byName, 'f.id', { ...page, sort: 'rank' }, params)
  const { rows } = await db.query<{ id: string; company: string; account_id: string; contact: string | null; keys: string[] }>(
    `with person as materialized (
       select customer_id, bit_or(bits) as bits, (array_agg(name order by bits desc, name))[1] as name
       from (select k.customer_id, ${bitsOf('k.search_key', words, params)} as bits, vigie.person_name(k.first_name, k.last_name) as name from contact k where ${anyOf('k.search_key', words, params)}) met group by 1
     ), own as materialized (
       select c.id, c.company, c.account_id, c.company_key as key, ${bitsOf('c.search_key', words, params)} as bits from customer c
       where ${anyOf('c.search_key', words, params)} or c.id in (select customer_id from person)${orById(['c.id'], words, params)}
     ), f as (
       select own.id, own.company, own.account_id, own.key, ${rankOf('own.key', words, params)} as rank, case when own.bits <> ${words.all} then person.name end as contact
       from own left join person on person.customer_id = own.id where (own.bits | coalesce(person.bits, 0)) = ${words.all}${orById(['own.id'], words, params)}
     )
     select f.id, f.company, f.account_id, f.contact, ${keys.keys} as keys from f where ${keys.where} order by ${keys.orderBy} limit ${params.add(keys.limit)}`,
    params.values,
  )
  const shown = keys.page(rows)
  return {
    rows: shown.rows.map((row) => ({ kind: 'customer', id: row.id, name: row.company, accountId: row.account_id, contact: row.contact })),
    nextCursor: shown.nextCursor,
  }
}

/** By their own words, with or without those of their customer; by GUID. Plan: all products of the business once, and the customers of those found. */
export async function products(db: TenantDb, words: Words, page: PageOf): Promise<Found<HitOf<'product'>>> {
  const params = new Params()
  const keys = keyset(byName, 'f.id', { ...page, sort: 'rank' }, params)
  const { rows } = await db.query<{
    id: string
    description: string
    type_id: string
    customer_id: string
    company: string
    keys: string[]
  }>(
    `with own as materialized (
       select p.partner_id, p.id, p.customer_id, p.description, p.type_id, p.guid, p.description_key as key, ${bitsOf('p.description_key', words, params)} as bits from product p
       where ${anyOf('p.description_key', words, params)}${orById(['p.guid', 'p.id'], words, params)}
     ), f as (
       select own.*, c.company, ${rankOf('own.key', words, params)} as rank from own join customer c on c.partner_id = own.partner_id and c.id = own.customer_id
       where (own.bits > 0 and ${words.all === 1 ? 'true' : `(own.bits | ${bitsOf('c.search_key', words, params)}) = ${words.all}`})${orById(['own.guid', 'own.id'], words, params)}
     )
     select f.id, f.description, f.type_id, f.customer_id, f.company, ${keys.keys} as keys from f where ${keys.where} order by ${keys.orderBy} limit ${params.add(keys.limit)}`,
    params.values,
  )
  const shown = keys.page(rows)
  return {
    rows: shown.rows.map((row) => ({
      kind: 'product',
      id: row.id,
      name: row.description,
      typeId: row.type_id,
      customerId: row.customer_id,
      customerName: row.company,
    })),
    nextCursor: shown.nextCursor,
  }
}

/** People of the business, by name and mail address. */
export async function accounts(db: TenantDb, words: Words, page: PageOf): Promise<Found<HitOf<'account'>>> {
  const params = new Params()
  const keys = keyset(byName, 'f.id', { ...page, sort: 'rank' }, params)
  const { rows } = await db.query<{
    id: string
    name: string
    email: string
    role: HitOf<'account'>['role']
    state: HitOf<'account'>['state']
    keys: string[]
  }>(
    `with own as (select a.id, vigie.person_name(a.first_name, a.last_name) as name, a.email, a.role, a.state, vigie.fold(a.first_name || ' ' || a.last_name || ' ' || a.first_name || ' ' || a.email) collate "C" as key from account a),
     f as (select own.*, ${rankOf('own.key', words, params)} as rank from own where ${bitsOf('own.key', words, params)} = ${words.all}${orById(['own.id'], words, params)})
     select f.id, f.name, f.email, f.role, f.state, ${keys.keys} as keys from f where ${keys.where} order by ${keys.orderBy} limit ${params.add(keys.limit)}`,
    params.values,
  )
  const shown = keys.page(rows)
  return { rows: shown.rows.map(({ keys: _, ...row }) => ({ kind: 'account', ...row })), nextCursor: shown.nextCursor }
}
