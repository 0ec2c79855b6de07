import type { FieldError } from '@vigie/domain/kernel'

/** What is wrong at a field: with itself, or with one entry of the list it holds (`tags.1` stands at `tags`; what is below an entry has fields of its own). */
export function errorAt<E extends FieldError>(errors: readonly E[], path: string): E | undefined {
  return errors.find((error) => error.path === path) ?? errors.find((error) => isEntryOf(path, error.path))
}

/** `tags.1` of `tags`. */
export const isEntryOf = (path: string, of: string): boolean => of.startsWith(`${path}.`) && /^\d+$/.test(of.slice(path.length + 1))

/** Stands before the words about one entry, so that one sees which; null: they are about the whole field. */
export function entryOf(value: unknown, path: string, errorPath: string): string | null {
  if (!isEntryOf(path, errorPath) || !Array.isArray(value)) return null
  const entry: unknown = value[Number(errorPath.slice(path.length + 1))]
  if (typeof entry !== 'string') return null
  const letters = [...entry]
  return letters.length > 24 ? `${letters.slice(0, 23).join('')}…` : entry
}
