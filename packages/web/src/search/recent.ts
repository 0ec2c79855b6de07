import { mostNamed, Ref } from '@vigie/domain/search'

/**
 * What one opened last, for the palette. Only kinds and ids are kept, by this browser and for each account: their names are asked of the server when they are shown, so that what is gone, renamed or no
 * longer one's own shows as it is now (ACC-14).
 */
const kept = 8
const key = (accountId: string) => `vigie.recent.${accountId}`

/** Newest first. */
export function recent(accountId: string): string[] {
  try {
    const refs: unknown = JSON.parse(localStorage.getItem(key(accountId)) ?? '[]')
    return Array.isArray(refs) ? refs.filter((ref): ref is string => Ref.safeParse(ref).success).slice(0, mostNamed) : []
  } catch {
    return [] // a browser that keeps nothing, or something else's words
  }
}

export function remember(accountId: string, ref: string): void {
  try {
    localStorage.setItem(key(accountId), JSON.stringify([ref, ...recent(accountId).filter((one) => one !== ref)].slice(0, kept)))
  } catch {
    // then nothing is remembered
  }
}

const pages: readonly [path: RegExp, kind: string][] = [
  [/^\/customers\/([^/]+)/, 'customer'],
  [/^\/products\/([^/]+)/, 'product'],
  [/^\/events\/([^/]+)/, 'event'],
]
const panels = ['endpoint', 'event', 'account'] as const

/** What is opened at an address: a page of its own, or the side panel; null: neither. */
export function refOf(pathname: string, search: Readonly<Record<string, string>>): string | null {
  const named = [...panels.map((kind) => [kind, search[kind]]), ...pages.map(([path, kind]) => [kind, path.exec(pathname)?.[1]])]
  return named.map(([kind, id]) => `${kind}:${id}`).find((ref) => Ref.safeParse(ref).success) ?? null
}
