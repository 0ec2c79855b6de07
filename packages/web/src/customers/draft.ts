/**
 * What was typed into the wizard, kept while the window lives: whoever leaves half-way finds it again (CUS-1). By account, so that who signs in next in the same window
 * finds nothing of it. A store that is full or forbidden keeps nothing, and says nothing.
 */
const keyOf = (accountId: string) => `vigie.new-customer.${accountId}`
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Of the form's shape in all its parts, or null: a draft of another version of the console is none. */
export function readDraft<T extends object>(accountId: string, like: T, store: Store = sessionStorage): T | null {
  try {
    const kept: unknown = JSON.parse(store.getItem(keyOf(accountId)) ?? 'null')
    return isLike(kept, like) ? (kept as T) : null
  } catch {
    return null
  }
}

export function writeDraft(accountId: string, values: object, store: Store = sessionStorage): void {
  try {
    store.setItem(keyOf(accountId), JSON.stringify(values))
  } catch {}
}
export function clearDraft(accountId: string, store: Store = sessionStorage): void {
  try {
    store.removeItem(keyOf(accountId))
  } catch {}
}

function isLike(value: unknown, like: unknown): boolean {
  if (Array.isArray(like)) return Array.isArray(value)
  // a number not yet given is null
  if (like === null) return value === null || typeof value !== 'object'
  if (typeof like !== 'object') return typeof value === typeof like
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  return Object.entries(like).every(([key, one]) => isLike((value as Record<string, unknown>)[key], one))
}
