import * as z from 'zod'
import { Instant } from '../kernel/index.ts'

/**
 * What an agent is upgraded from (R17): The Update Framework reduced to what one program needs. Two signed documents: the root says which keys speak, the release says what
 * is to be installed. Both are signed offline, each by a threshold of people's keys; the server only carries them and is believed in nothing. One release document holds
 * all platforms and the whole program is one file, so TUF's snapshot and delegated targets have nothing to say here; what its timestamp does, the short life of a release
 * document and the highest sequence remembered by the agent do. Source: TUF specification 1.0.33, §1.5.2, §5; docs/decisions/0020.
 */
export const releaseLimits = {
  /** Of one document with its signatures (endless data). */
  documentBytes: 65_536,
  /** Keys and signatures in one document, root changes taken in one go (fast forward). */
  keys: 32,
  rotations: 32,
  packageBytes: 104_857_600,
  /** Unpacked. */
  programBytes: 419_430_400,
  /** A release document lives no longer: a frozen mirror is found out within this time. */
  longestLifeDays: 90,
  /** Signed "in the future" by no more than a wrong clock explains. */
  aheadHours: 24,
  /** Slower than this on average, after the first 30 s, is given up (slow retrieval). */
  slowestBytesPerSecond: 8_192,
} as const

/** SHA-256 of the 32 raw bytes, hex: nobody gives a key the name of another. */
export const KeyId = z.string().regex(/^[0-9a-f]{64}$/)
const Role = z.strictObject({
  keyIds: z.array(KeyId).min(1).max(releaseLimits.keys),
  threshold: z.number().int().min(1).max(releaseLimits.keys),
})
/** Text, not a shape: the signatures cover exactly these bytes, so that no two readers can differ about what was signed. */
export const Envelope = z.strictObject({
  signed: z.string().max(releaseLimits.documentBytes),
  signatures: z.array(z.strictObject({ keyId: KeyId, signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) })).max(releaseLimits.keys),
})
export type Envelope = z.infer<typeof Envelope>

export const RootDocument = z.strictObject({
  kind: z.literal('vigie root 1'),
  /** Goes up by exactly one. */
  version: z.number().int().min(1).max(1_000_000),
  expiresAt: Instant,
  /** 32 raw bytes each, base64url, by key id. */
  keys: z.record(KeyId, z.string().regex(/^[A-Za-z0-9_-]{43}$/)),
  roles: z.strictObject({ root: Role, release: Role }),
})
export type RootDocument = z.infer<typeof RootDocument>

export const ReleaseVersion = z.string().regex(/^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/)
/** Platforms there are packages for. */
export const releaseTargets = ['linux-x64', 'linux-arm64'] as const
export type ReleaseTarget = (typeof releaseTargets)[number]
export const ReleaseDocument = z.strictObject({
  kind: z.literal('vigie agent release 1'),
  /** Goes up with every document signed, whatever the version of the program. */
  sequence: z.number().int().min(1).max(1_000_000_000),
  version: ReleaseVersion,
  signedAt: Instant,
  expiresAt: Instant,
  packages: z.partialRecord(
    z.enum(releaseTargets),
    z.strictObject({ sizeBytes: z.number().int().min(1).max(releaseLimits.packageBytes), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
})
export type ReleaseDocument = z.infer<typeof ReleaseDocument>

/** What signatures cover: a signature for one kind of document is none for another. */
export const signedText = (kind: 'root' | 'release', signed: string): string => `vigie ${kind} document 1\n${signed}`

/** Below 0: `a` is older. Three numbers, compared as numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return left[i]! - right[i]!
  return 0
}
