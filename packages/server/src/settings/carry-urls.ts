import type { PlaceLine } from '@vigie/domain/orders'
import { mostUrls, type UrlKind } from '@vigie/domain/settings'
import type { TenantDb } from '../platform/index.ts'
import type { Looked } from './carry.ts'
import { holdUrls, insert, sortOut } from './urls.ts'

/** Addresses for many customers' lists (ADM-2). `undo`: what an earlier order did is taken back. */
export type CarriedUrls = { kind: 'urls'; list: UrlKind; entries: readonly string[] } | { kind: 'undo' }

interface Entry {
  /** Null: it was removed. */
  id: string | null
  list: UrlKind
  text: string
}
/** What an order added, or removed, at one customer. */
export interface UrlMemory {
  added: Entry[]
  removed: Entry[]
}
export interface UrlPlace {
  customerId: string
  memory?: { after: UrlMemory }
}

/** Customers whose lists are read at once. */
const atOnce = 200

/** What would come of it at each of these customers; changes nothing. */
export async function lookAtUrls(db: TenantDb, carried: CarriedUrls, places: readonly UrlPlace[]): Promise<Looked<UrlMemory>[]> {
  const looked: Looked<UrlMemory>[] = []
  for (let from = 0; from < places.length; from += atOnce) {
    const some = places.slice(from, from + atOnce)
    const { rows } = await db.query<{ id: string; customer_id: string; kind: UrlKind; entry: string; added_by: string; added_at: Date }>(
      'select id, customer_id, kind, entry, added_by, added_at from url_entry where customer_id = any($1)',
      [some.map(({ customerId }) => customerId)],
    )
    const held = Map.groupBy(rows, (row) => row.customer_id)
    for (const place of some) looked.push(lookAt(carried, place, held.get(place.customerId) ?? []))
  }
  return looked
}

type Held = { id: string; kind: UrlKind; entry: string; added_by: string; added_at: Date }[]
function lookAt(carried: CarriedUrls, { memory }: UrlPlace, held: Held): Looked<UrlMemory> {
  const lines: PlaceLine[] = []
  const after: UrlMemory = { added: [], removed: [] }
  if (carried.kind === 'urls') add(carried.list, carried.entries)
  else {
    for (const entry of memory!.after.added) {
      const is = held.find(({ id }) => id === entry.id)
      // the same address that somebody removed and added again is theirs
      const other = held.find((one) => one.entry === entry.text)
      if (!is) lines.push({ kind: 'left', what: entry.text, by: other?.added_by ?? null, at: other?.added_at.toISOString() ?? null })
      else {
        lines.push({ kind: 'url', text: entry.text, does: 'remove', against: null })
        after.removed.push(entry)
      }
    }
    for (const [list, entries] of Map.groupBy(memory!.after.removed, (entry) => entry.list))
      add(
        list,
        entries.map(({ text }) => text),
      )
  }
  function add(list: UrlKind, entries: readonly string[]) {
    const sorted = sortOut(held, list, entries)
    for (const text of sorted.entries) lines.push({ kind: 'url', text, does: 'add', against: null })
    for (const text of sorted.known) lines.push({ kind: 'url', text, does: 'known', against: null })
    for (const { text, conflictsWith } of sorted.refused) lines.push({ kind: 'url', text, does: 'refused', against: conflictsWith })
    after.added.push(...sorted.entries.map((text) => ({ id: null, list, text })))
    if (sorted.total > mostUrls) after.added = []
  }
  const isNothing = after.added.length + after.removed.length === 0
  const reason = !isNothing
    ? null
    : lines.some((line) => line.kind === 'left')
      ? 'changed-since'
      : lines.some((line) => line.kind === 'url' && line.does === 'refused')
        ? 'url-contradicts'
        : lines.some((line) => line.kind === 'url' && line.does === 'add')
          ? 'url-full'
          : 'as-it-is'
  return { reason, lines, weakens: false, endpointCount: 0, groups: [], before: { added: [], removed: [] }, after }
}

/** Does it, after another look under the lists' locks. Runs twice: the second finds all of it known. */
export async function setUrls(
  db: TenantDb,
  carried: CarriedUrls,
  places: readonly UrlPlace[],
  by: string,
  now: Date,
): Promise<Looked<UrlMemory>[]> {
  await holdUrls(
    db,
    places.map(({ customerId }) => customerId),
  )
  const looked = await lookAtUrls(db, carried, places)
  for (const [at, one] of looked.entries()) {
    if (one.reason !== null) continue
    const { customerId } = places[at]!
    if (one.after.removed.length > 0) await db.query('delete from url_entry where id = any($1)', [one.after.removed.map(({ id }) => id)])
    for (const [list, entries] of Map.groupBy(one.after.added, (entry) => entry.list)) {
      const ids = await insert(db, { customerId, kind: list, entries: entries.map(({ text }) => text) }, by, now)
      for (const [n, entry] of entries.entries()) entry.id = ids[n]!
    }
    db.announce({ kind: 'customer', id: customerId, customerId })
  }
  return looked
}
