import { mostUrls, parseUrlEntry, UrlIndex, type UrlKind, type UrlListEntry, type urlListsApi } from '@vigie/domain/settings'
import { Problem, type QueryOf, type ReplyOf } from '@vigie/domain/kernel'
import { keyset, likePattern, newId, Params, type TenantDb } from '../platform/index.ts'

const sorts = { text: [{ sql: 'u.entry_key', type: 'text' }], addedAt: [{ sql: 'u.added_at', type: 'timestamptz' }] } as const
interface Row {
  id: string
  customer_id: string | null
  kind: UrlKind
  entry: string
  added_by: string
  added_at: Date
}
const toEntry = (row: Row): UrlListEntry => ({
  id: row.id,
  customerId: row.customer_id,
  kind: row.kind,
  text: row.entry,
  addedBy: row.added_by,
  addedAt: row.added_at.toISOString(),
})

/** Plan: url_entry_list or url_entry_added. `q` also finds what a person types undecoded. */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof urlListsApi.listUrls>,
): Promise<{ rows: UrlListEntry[]; nextCursor: string | null; total: number }> {
  const params = new Params()
  const where = [query.customerId ? `u.customer_id = ${params.add(query.customerId)}` : 'u.customer_id is null']
  if (query.kind) where.push(`u.kind = ${params.add(query.kind)}`)
  if (query.q) {
    const parsed = parseUrlEntry(query.q)
    const ascii = 'entry' in parsed ? parsed.entry.text : query.q
    where.push(
      `(u.entry_key like (select vigie.fold(${params.add(likePattern(query.q))})) or u.entry_key like (select vigie.fold(${params.add(likePattern(ascii))})))`,
    )
  }
  const counted = params.values.length
  const {
    rows: [total],
  } = await db.query<{ count: number }>(
    `select count(*)::integer as count from url_entry u where ${where.join(' and ')}`,
    params.values.slice(0, counted),
  )
  const page = keyset(sorts, 'u.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select u.id, u.customer_id, u.kind, u.entry, u.added_by, u.added_at, ${page.keys} as keys from url_entry u where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toEntry), nextCursor: shown.nextCursor, total: total!.count }
}

export interface Adding {
  customerId: string | null
  kind: UrlKind
  lines: readonly string[]
  isDryRun: boolean
}

/**
 * Adds what fits and tells the rest (ADM-2). Waits for whoever adds to the same owner's lists: else two at once could each add what the other's forbids. Twice: the second finds all known.
 * @throws url.too-many
 */
export async function add(
  db: TenantDb,
  { customerId, kind, lines, isDryRun }: Adding,
  by: string,
  now: Date,
): Promise<ReplyOf<typeof urlListsApi.addUrls> & { entries: string[] }> {
  await holdUrls(db, [customerId])
  const { rows: held } = await db.query<{ kind: UrlKind; entry: string }>(
    'select kind, entry from url_entry where customer_id is not distinct from $1',
    [customerId],
  )
  const sorted = sortOut(held, kind, lines)
  if (sorted.total > mostUrls) throw new Problem('url.too-many', { most: mostUrls })
  if (!isDryRun) await insert(db, { customerId, kind, entries: sorted.entries }, by, now)
  return { added: sorted.entries.length, known: sorted.known.length, refused: sorted.refused, entries: sorted.entries }
}

/** Entries that `sortOut` let through. @returns their ids, in their order */
export async function insert(
  db: TenantDb,
  { customerId, kind, entries }: { customerId: string | null; kind: UrlKind; entries: readonly string[] },
  by: string,
  now: Date,
): Promise<string[]> {
  const ids = entries.map(() => newId(now))
  if (ids.length > 0) {
    await db.query(
      `insert into url_entry (partner_id, id, customer_id, kind, entry, added_by, added_at) select $1, t.id, $2, $3, t.entry, $4, $5 from unnest($6::uuid[], $7::text[]) t (id, entry)`,
      [db.tenant.partnerId, customerId, kind, by, now, ids, entries],
    )
  }
  return ids
}

/** Whoever writes an owner's lists waits here for who writes them already. In the order of owners. */
export async function holdUrls(db: TenantDb, customerIds: readonly (string | null)[]): Promise<void> {
  await db.query(
    'select pg_advisory_xact_lock(hashtextextended(one, 0)) from (select one from unnest($1::text[]) one order by one) ordered',
    [customerIds.map((id) => `urls ${db.tenant.partnerId} ${id ?? ''}`)],
  )
}

interface Sorted {
  entries: string[]
  known: string[]
  refused: { line: number; text: string; code: string; conflictsWith: string | null }[]
  /** Of this kind, with those that would be added. */
  total: number
}
/** Which of these lines an owner's lists take: ADM-2, an address in one can't be in the other. */
export function sortOut(held: readonly { kind: UrlKind; entry: string }[], kind: UrlKind, lines: readonly string[]): Sorted {
  const others = new UrlIndex()
  const own = new Set<string>()
  for (const row of held) {
    if (row.kind === kind) own.add(row.entry)
    else {
      const parsed = parseUrlEntry(row.entry)
      if ('entry' in parsed) others.add(parsed.entry)
    }
  }
  const sorted: Sorted = { entries: [], known: [], refused: [], total: 0 }
  for (const [at, text] of lines.entries()) {
    if (text.trim() === '') continue
    const parsed = parseUrlEntry(text)
    const refuse = (code: string, conflictsWith: string | null = null) =>
      void sorted.refused.push({ line: at + 1, text: text.trim().slice(0, 200), code, conflictsWith })
    if ('code' in parsed) {
      refuse(parsed.code)
      continue
    }
    const { entry } = parsed
    const opposite = others.contradiction(entry)
    if (opposite) refuse('url.contradicts', opposite.text)
    else if (own.has(entry.text)) sorted.known.push(entry.text)
    else {
      own.add(entry.text)
      sorted.entries.push(entry.text)
    }
  }
  return { ...sorted, total: own.size }
}

/** @returns what was removed. @throws url.not-found unless all are there */
export async function remove(db: TenantDb, ids: readonly string[]): Promise<UrlListEntry[]> {
  const { rows } = await db.query<Row>(
    'delete from url_entry where id = any($1) returning id, customer_id, kind, entry, added_by, added_at',
    [ids],
  )
  if (rows.length !== new Set(ids).size) throw new Problem('url.not-found', {})
  return rows.map(toEntry)
}
