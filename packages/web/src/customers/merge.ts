/** Form values as flat paths: `{ profile: { city } }` is `profile.city`. Lists and null are values of their own. */
export type Flat = Record<string, unknown>

export function flatten(values: object, above = ''): Flat {
  return Object.entries(values).reduce<Flat>((flat, [key, value]) => {
    const path = `${above}${key}`
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? { ...flat, ...flatten(value, `${path}.`) }
      : { ...flat, [path]: value }
  }, {})
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

export interface Merge {
  /** Paths whose typed value is to be kept on top of what is stored now. */
  kept: { path: string; value: unknown }[]
  /** Of those, what the other person changed too: both values, to be shown. */
  conflicts: { path: string; mine: unknown; theirs: unknown }[]
  /** What only the other person changed. */
  taken: string[]
}

/**
 * Two people edit one record (If-Match): what I typed stays typed, what only the other changed is taken, and where both changed the same differently the person is
 * shown both. Pure.
 * @param base what was there when I began
 */
export function mergeEdits(base: object, mine: object, theirs: object): Merge {
  const [before, typed, stored] = [flatten(base), flatten(mine), flatten(theirs)]
  const touched = Object.keys(typed).filter((path) => !same(typed[path], before[path]))
  const changed = Object.keys(stored).filter((path) => !same(stored[path], before[path]))
  return {
    kept: touched.filter((path) => !same(typed[path], stored[path])).map((path) => ({ path, value: typed[path] })),
    conflicts: touched
      .filter((path) => changed.includes(path) && !same(typed[path], stored[path]))
      .map((path) => ({ path, mine: typed[path], theirs: stored[path] })),
    taken: changed.filter((path) => !touched.includes(path)),
  }
}
