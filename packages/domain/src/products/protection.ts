import type { Endpoint, EngineState } from './shapes.ts'

/** INV-1: patterns built this many days before the newest that any endpoint of the business has of the same engine are outdated. */
export const outdatedAfterDays = 3
/** INV-1: the quick filter "not seen for ..." . */
export const silentAfterDays = 7

export const missingProtections = ['never-reported', 'no-engine', 'real-time-off'] as const
export type MissingProtection = (typeof missingProtections)[number]

/** Why nobody knows that it is protected; null: nothing speaks against it. The same rule as SQL: column `endpoint.is_unprotected`. */
export function missingProtection({ receivedAt, engine }: Pick<Endpoint, 'receivedAt' | 'engine'>): MissingProtection | null {
  if (receivedAt === null) return 'never-reported'
  if (engine === null) return 'no-engine'
  return engine.realTimeScan === 'off' || engine.realTimeScan === 'on-not-protecting' ? 'real-time-off' : null
}

/** The newest of one engine that the business has seen. `olderVersions`: all seen that come before the newest. */
export interface NewestOfEngine {
  engine: string
  patternBuiltAt: Date | null
  version: string | null
  olderVersions: readonly string[]
}

export const components = ['patterns', 'engine'] as const
export type Component = (typeof components)[number]

/** Patterns built before this are outdated; null: none are known, so none are old. */
export const outdatedBefore = ({ patternBuiltAt }: Pick<NewestOfEngine, 'patternBuiltAt'>): Date | null =>
  patternBuiltAt && new Date(patternBuiltAt.getTime() - outdatedAfterDays * 86_400_000)

/** INV-1: what of it lags behind the rest of the business. What it does not say is not outdated: it may be missing, which is another matter. */
export function outdatedComponents(engine: EngineState | null, newest: NewestOfEngine | undefined): Component[] {
  if (engine === null || newest === undefined) return []
  const before = outdatedBefore(newest)
  const isOld = engine.patternBuiltAt !== null && before !== null && Date.parse(engine.patternBuiltAt) < before.getTime()
  const isBehind = engine.engineVersion !== null && newest.olderVersions.includes(engine.engineVersion)
  return [...(isOld ? ['patterns' as const] : []), ...(isBehind ? ['engine' as const] : [])]
}

/** Versions as their makers number them: parts of digits by value, a missing part is 0. What follows the numbers (`1.4.3+dfsg`, `-rc1`) does not make one newer. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let n = 0; n < Math.max(left.length, right.length); n++) {
    const difference = (left[n] ?? 0) - (right[n] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
const numbersOf = (version: string): number[] =>
  (/^\D{0,10}?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '').split('.').filter(Boolean).map(Number)

/** What is newest among the versions seen of an engine. One without a number says nothing and is neither. */
export function newestOf(engine: string, versions: readonly string[], patternBuiltAt: Date | null): NewestOfEngine {
  const numbered = versions.filter((version) => numbersOf(version).length > 0)
  const version = numbered.toSorted(compareVersions).at(-1) ?? null
  return { engine, patternBuiltAt, version, olderVersions: numbered.filter((one) => compareVersions(one, version!) < 0) }
}
