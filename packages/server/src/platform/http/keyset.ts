import { Problem } from '@vigie/domain/kernel'
import { decodeCursor, encodeCursor } from './pages.ts'

/** Collects the values of a query and gives back their places (`$1`, `$2` ...), so that conditions can be written where they are thought of. */
export class Params {
  readonly values: unknown[] = []

  add(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }
}

/** One column a list is sorted by: plain, never null, of a type whose comparison is leakproof (else no index helps behind row-level security). */
export interface SortColumn {
  sql: string
  type: 'text' | 'integer' | 'timestamptz' | 'date'
}

export interface Keyset {
  /** Condition that leaves out what was shown already; `true` on the first page. */
  where: string
  orderBy: string
  /** One more than a page holds, to know whether another follows. */
  limit: number
  /** To be selected `as keys`: what the cursor is made of. */
  keys: string
  page<Row extends { keys: string[] }>(rows: readonly Row[]): { rows: Row[]; nextCursor: string | null }
}

/**
 * Reads a list page by page, each as cheap as the first. The id ends every sort, so that equal values never lose or repeat a row. The cursor names its
 * sort: one of another sort, or made by hand, is refused. @throws request.invalid
 */
export function keyset(
  sorts: Readonly<Record<string, readonly SortColumn[]>>,
  id: string,
  query: { sort: string; cursor?: string | undefined; limit: number },
  params: Params,
): Keyset {
  const isDescending = query.sort.startsWith('-')
  const columns = [...sorts[query.sort.replace('-', '')]!, { sql: id, type: 'uuid' as const }]
  const direction = isDescending ? ' desc' : ''
  let where = 'true'
  if (query.cursor !== undefined) {
    const [sort, ...values] = decodeCursor(query.cursor, columns.length + 1)
    if (sort !== query.sort || !values.every((value, i) => isOfType[columns[i]!.type](value))) throw refused()
    const places = values.map((value, i) => `${params.add(value)}::${columns[i]!.type}`)
    where = `(${columns.map(({ sql }) => sql).join(', ')}) ${isDescending ? '<' : '>'} (${places.join(', ')})`
  }
  return {
    where,
    orderBy: columns.map(({ sql }) => sql + direction).join(', '),
    limit: query.limit + 1,
    keys: `array[${columns.map(({ sql }) => `${sql}::text`).join(', ')}]`,
    page: (rows) => {
      const shown = rows.slice(0, query.limit)
      const last = shown.at(-1)
      return { rows: shown, nextCursor: last && rows.length > query.limit ? encodeCursor([query.sort, ...last.keys]) : null }
    },
  }
}

const refused = () => new Problem('request.invalid', {}, { fields: [{ path: 'cursor', code: 'invalid' }] })

/** What PostgreSQL would choke on is refused before it gets there. Instants as it writes them itself, in UTC. */
const isOfType: Record<SortColumn['type'] | 'uuid', (value: string | number | null) => boolean> = {
  text: (value) => typeof value === 'string' && !value.includes('\0'),
  integer: (value) => typeof value === 'string' && /^-?\d{1,9}$/.test(value),
  uuid: (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  date: (value) =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\d$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString().startsWith(value),
  timestamptz: (value) => {
    if (value === '-infinity' || value === 'infinity') return true
    const match = typeof value === 'string' && /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d{1,6})?\+00$/.exec(value)
    if (!match) return false
    const at = new Date(`${match[1]}T${match[2]}Z`)
    return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(`${match[1]}T${match[2]}`)
  },
}

/** `q` as a pattern for LIKE, its own wildcards taken literally; the caller folds both sides (`vigie.fold`). */
export const likePattern = (q: string): string => `%${q.replace(/[\\%_]/g, '\\$&')}%`
