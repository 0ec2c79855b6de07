/** What a view keeps of an address: the list's filters, its search and its order, sorted, so that equal ones are written alike. */
export function queryOf(search: Readonly<Record<string, string>>, keys: readonly string[]): string {
  const kept = [...new Set([...keys, 'q', 'sort'])].toSorted().flatMap((key) => (search[key] ? [[key, search[key]]] : []))
  return new URLSearchParams(kept).toString()
}

export const sameQuery = (one: string, other: string): boolean => {
  const sorted = (text: string) =>
    [...new URLSearchParams(text)]
      .filter(([, value]) => value !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .toString()
  return sorted(one) === sorted(other)
}

/** The change of the address that shows a view: what it has, and nothing else of the list's filters. */
export function openingOf(view: { id: string; query: string }, search: Readonly<Record<string, string>>, keys: readonly string[]): string {
  const gone = [...new Set([...keys, 'q', 'sort', 'cursor', 'page'])].filter((key) => search[key]).map((key): [string, string] => [key, ''])
  return `?${new URLSearchParams([...new Map([...gone, ...new URLSearchParams(view.query), ['view', view.id] as [string, string]])])}`
}

/** Nobody asked for anything in particular. */
export const isPlain = (search: Readonly<Record<string, string>>, keys: readonly string[]): boolean =>
  !search['view'] && queryOf(search, keys) === ''
