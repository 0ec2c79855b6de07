import { readWords, type Sought } from '@vigie/domain/search'
import { likePattern, type Params, type TenantDb } from '../platform/index.ts'

/** What is sought, as the keys in the database are: folded. */
export interface Words {
  /** As typed. */
  typed: readonly string[]
  folded: readonly string[]
  /** For LIKE: it stands anywhere. */
  patterns: readonly string[]
  /** Every word's bit: all of them were met. */
  all: number
  id: Sought['id']
}

export async function prepare(db: TenantDb, q: string): Promise<Words> {
  const { words, id } = readWords(q)
  const { rows } = await db.query<{ folded: string }>(
    'select vigie.fold(w) as folded from unnest($1::text[]) with ordinality u(w, n) order by n',
    [words],
  )
  const folded = rows.map((row) => row.folded)
  return { typed: words, folded, patterns: folded.map(likePattern), all: 2 ** folded.length - 1, id }
}

/** Which words stand in the column, as bits. */
export const bitsOf = (column: string, { patterns }: Words, params: Params): string =>
  `(${patterns.map((pattern, i) => `case when ${column} like ${params.add(pattern)} then ${2 ** i} else 0 end`).join(' + ')})`
/** Of one pattern LIKE itself is a tenth quicker than ANY. */
export const anyOf = (column: string, { patterns }: Words, params: Params): string =>
  patterns.length === 1 ? `${column} like ${params.add(patterns[0])}` : `${column} like any(${params.add(patterns)}::text[])`

/** By its id, or the beginning of one; `or`-ed to a condition over words. */
export const orById = (columns: readonly string[], { id }: Words, params: Params): string => {
  if (id === null || columns.length === 0) return ''
  const [from, to] = [params.add(id.from), params.add(id.to)]
  return columns.map((column) => ` or (${column} >= ${from}::uuid and ${column} <= ${to}::uuid)`).join('')
}

/** Customers in whose own name or account id some of the words stand. Bounded by the business: some 10,000 short keys are read in a few milliseconds (decision 0031). */
export const customersAs = (name: string, words: Words, params: Params): string =>
  `${name} as materialized (select c.id, ${bitsOf('c.search_key', words, params)} as bits from customer c where ${anyOf('c.search_key', words, params)})`

export interface PageOf {
  limit: number
  cursor?: string | undefined
}
export interface Found<Hit> {
  rows: Hit[]
  nextCursor: string | null
}
