import type { Endpoint, Family } from '@vigie/domain/products'
import { byFamily, type TreeEntry } from '../families.ts'

/** One line of the drawn tree. The tree is flat: `level` says how deep (WAI-ARIA: aria-level), and only lines in sight are in the document. */
export type Row =
  | { kind: 'family'; id: string; family: Family }
  | { kind: 'product'; id: string; level: 1; entry: TreeEntry; isOpen: boolean | undefined; size: number; place: number }
  | {
      kind: 'group'
      id: string
      level: 2
      entry: TreeEntry
      group: TreeEntry['groups'][number]
      isOpen: boolean | undefined
      size: number
      place: number
    }
  | { kind: 'endpoint'; id: string; level: 1 | 3; endpoint: Endpoint; product: string | undefined; size: number; place: number }
  /** What stands in for endpoints that are not here: being brought, failed, or more to bring. */
  | { kind: 'rest'; id: string; level: number; groupId: string; state: 'loading' | 'failed' | 'more' }

export const groupId = (productId: string, name: string): string => `${productId}/${name}`

/** What is known of an opened group's endpoints. */
export interface Loaded {
  endpoints: readonly Endpoint[]
  state: 'loading' | 'failed' | 'more' | 'whole'
}

export interface Shape {
  products: readonly TreeEntry[]
  isByFamily: boolean
  isOpen(id: string): boolean
  loaded(groupId: string): Loaded | undefined
  /** A search is on: of each group only what was found, its path opened. */
  found: readonly Endpoint[] | null
}

/** All lines, top to bottom. */
export function rowsOf({ products, isByFamily, isOpen, loaded, found }: Shape): Row[] {
  const rows: Row[] = []
  const families: [Family | null, readonly TreeEntry[]][] = isByFamily ? byFamily(products) : [[null, products]]
  for (const [family, members] of families) {
    if (family !== null) rows.push({ kind: 'family', id: `family ${family}`, family })
    for (const entry of members) addProduct(rows, entry, products.indexOf(entry) + 1, products.length, { isOpen, loaded, found })
  }
  return rows
}

function addProduct(
  rows: Row[],
  entry: TreeEntry,
  place: number,
  size: number,
  { isOpen, loaded, found }: Pick<Shape, 'isOpen' | 'loaded' | 'found'>,
): void {
  const { id } = entry.product
  const hits =
    found &&
    Map.groupBy(
      found.filter((endpoint) => endpoint.productId === id),
      (endpoint) => endpoint.group,
    )
  const groups = hits && hits.size > 0 ? entry.groups.filter((group) => hits.has(group.name)) : entry.groups
  const isThisOpen = groups.length === 0 ? undefined : (hits !== null && hits.size > 0) || isOpen(id)
  rows.push({ kind: 'product', id, level: 1, entry, isOpen: isThisOpen, size, place })
  if (!isThisOpen) return
  for (const [n, group] of groups.entries()) {
    const key = groupId(id, group.name)
    const here = hits?.get(group.name)
    const isGroupOpen = here ? true : group.endpointCount === 0 ? undefined : isOpen(key)
    rows.push({ kind: 'group', id: key, level: 2, entry, group, isOpen: isGroupOpen, size: groups.length, place: n + 1 })
    if (!isGroupOpen) continue
    const { endpoints, state } = here
      ? { endpoints: here, state: 'whole' as const }
      : (loaded(key) ?? { endpoints: [], state: 'loading' as const })
    const total = here ? here.length : Math.max(group.endpointCount, endpoints.length)
    for (const [m, endpoint] of endpoints.entries())
      rows.push({ kind: 'endpoint', id: endpoint.id, level: 3, endpoint, product: undefined, size: total, place: m + 1 })
    if (state !== 'whole') rows.push({ kind: 'rest', id: `${key} rest`, level: 3, groupId: key, state })
  }
}

/** Where an arrow key leads from a line; null: nowhere. Families and what is still to come are no items. */
export function nextOf(rows: readonly Row[], from: number, key: string): number | null {
  const isItem = (row: Row | undefined) => row !== undefined && row.kind !== 'family' && row.kind !== 'rest'
  const step = (start: number, by: 1 | -1) => {
    for (let n = start; n >= 0 && n < rows.length; n += by) if (isItem(rows[n])) return n
    return null
  }
  const level = (row: Row | undefined) => (row && 'level' in row ? row.level : 0)
  switch (key) {
    case 'ArrowDown':
      return step(from + 1, 1)
    case 'ArrowUp':
      return step(from - 1, -1)
    case 'Home':
      return step(0, 1)
    case 'End':
      return step(rows.length - 1, -1)
    case 'PageDown':
      return step(Math.min(rows.length - 1, from + 10), 1) ?? step(rows.length - 1, -1)
    case 'PageUp':
      return step(Math.max(0, from - 10), -1) ?? step(0, 1)
    case 'Parent': {
      for (let n = from - 1; n >= 0; n--) if (isItem(rows[n]) && level(rows[n]) < level(rows[from])) return n
      return null
    }
    default:
      return null
  }
}
