export interface Change {
  path: string
  before: unknown
  after: unknown
  kind: 'added' | 'removed' | 'changed' | 'same'
}

/**
 * ACC-11: what a record says was there before and after, field by field, in the order they stand. `null` before: it was made; after: it was deleted. Objects are
 * walked, lists are values of their own. Pure.
 */
export function changesOf(before: unknown, after: unknown): Change[] {
  const [was, is] = [flat(before), flat(after)]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].map((path) => {
    const kind = !(path in was)
      ? 'added'
      : !(path in is)
        ? 'removed'
        : JSON.stringify(was[path]) === JSON.stringify(is[path])
          ? 'same'
          : 'changed'
    return { path, before: was[path], after: is[path], kind }
  })
}

function flat(value: unknown, above = ''): Record<string, unknown> {
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value)) return { [above === '' ? 'value' : above]: value }
  return Object.entries(value).reduce<Record<string, unknown>>((all, [key, inner]) => {
    const path = above === '' ? key : `${above}.${key}`
    return inner !== null && typeof inner === 'object' && !Array.isArray(inner) && Object.keys(inner).length > 0
      ? { ...all, ...flat(inner, path) }
      : { ...all, [path]: inner }
  }, {})
}

/** A value as plain text; empty ones are told by the caller. */
export function valueText(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  if (Array.isArray(value))
    return value.length === 0 ? null : value.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one))).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
