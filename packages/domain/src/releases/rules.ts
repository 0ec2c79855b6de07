import { compareVersions, ReleaseVersion } from '../agents/index.ts'

export const isReleaseVersion = (text: string): boolean => ReleaseVersion.safeParse(text).success

/** Older than what is approved. What is not a released version's name (a build of somebody's own) is never called outdated. */
export const isOutdated = (version: string | null, approved: string | null): boolean =>
  version !== null && approved !== null && isReleaseVersion(version) && isReleaseVersion(approved) && compareVersions(version, approved) < 0

/** Newest first; what has no three numbers comes last, by name. */
export function byVersion(a: string, b: string): number {
  const [isA, isB] = [isReleaseVersion(a), isReleaseVersion(b)]
  if (isA && isB) return compareVersions(b, a)
  return isA ? -1 : isB ? 1 : a < b ? -1 : a > b ? 1 : 0
}
