import type * as z from 'zod'
import { compareVersions, Envelope, releaseLimits, ReleaseDocument, RootDocument, signedText, type ReleaseTarget } from './release.ts'

/** What the rules need of the machine they run on: the agent, the server's operator and whoever signs decide by the same lines (R17). */
export interface ReleaseCrypto {
  /** Of the text's UTF-8 bytes, hex. */
  sha256(text: string): string
  /** SHA-256 of the key's raw bytes, hex. */
  keyIdOf(publicKey: string): string
  /** False for anything wrong; never throws. */
  isSignedBy(publicKey: string, text: string, signature: string): boolean
}

/** Why a release is not installed. Texts: `release-fault.<fault>`. */
export const releaseFaults = [
  'too-large',
  'not-a-document',
  'below-threshold',
  'key-misnamed',
  'not-the-next-root',
  'too-many-roots',
  'root-expired',
  'threshold-impossible',
  'expired',
  'life-too-long',
  'signed-in-the-future',
  'older-sequence',
  'sequence-used-twice',
  'older-version',
  'not-the-version-ordered',
  'not-for-this-platform',
  'package-too-long',
  'package-too-short',
  'package-differs',
  'too-slow',
] as const
export type ReleaseFault = (typeof releaseFaults)[number]

export class ReleaseRefused extends Error {
  override readonly name = 'ReleaseRefused'
  readonly fault: ReleaseFault
  constructor(fault: ReleaseFault) {
    super(fault)
    this.fault = fault
  }
}

/** What the agent remembers of releases, on disk; a copy of the first root is built into the program. */
export interface Trust {
  /** The newest root that was believed, as it was signed. */
  root: string
  /** Highest sequence seen, and the SHA-256 of the document that had it. 0 and empty: none yet. */
  sequence: number
  documentSha256: string
  /** The latest instant that was certain: a clock set back does not bring what has expired back to life. */
  latestAt: string
}

export interface ReleaseAsked {
  /** The roots after ours, oldest first; then the release: each an Envelope as JSON text, as the server handed it over. */
  roots: readonly string[]
  release: string
  /** What the partner approved and the order says. */
  version: string
  /** What runs now. */
  current: string
  target: ReleaseTarget
  now: Date
}
export interface ReleaseAccepted {
  version: string
  package: { sizeBytes: number; sha256: string }
  /** To be on disk before anything is fetched: what was seen once is never unseen. */
  trust: Trust
}

/**
 * Believes a release, or says why not. Pure: reads nothing, fetches nothing, keeps nothing.
 * @throws ReleaseRefused
 */
export function acceptRelease(trust: Trust, asked: ReleaseAsked, crypto: ReleaseCrypto): ReleaseAccepted {
  const now = Math.max(asked.now.getTime(), Date.parse(trust.latestAt))
  const rootText = followRoots(trust.root, asked.roots, crypto)
  const root = readDocument(rootText, RootDocument)
  if (Date.parse(root.expiresAt) <= now) throw new ReleaseRefused('root-expired')

  const envelope = readEnvelope(asked.release)
  assertSigned(envelope, 'release', root, root.roles.release, crypto)
  const release = readDocument(envelope.signed, ReleaseDocument)
  const [signedAt, expiresAt] = [Date.parse(release.signedAt), Date.parse(release.expiresAt)]
  if (expiresAt <= now) throw new ReleaseRefused('expired')
  if (expiresAt - signedAt > releaseLimits.longestLifeDays * 86_400_000) throw new ReleaseRefused('life-too-long')
  if (signedAt > now + releaseLimits.aheadHours * 3_600_000) throw new ReleaseRefused('signed-in-the-future')
  const documentSha256 = crypto.sha256(envelope.signed)
  if (release.sequence < trust.sequence) throw new ReleaseRefused('older-sequence')
  if (release.sequence === trust.sequence && documentSha256 !== trust.documentSha256) throw new ReleaseRefused('sequence-used-twice')
  if (release.version !== asked.version) throw new ReleaseRefused('not-the-version-ordered')
  if (compareVersions(release.version, asked.current) <= 0) throw new ReleaseRefused('older-version')
  const found = release.packages[asked.target]
  if (!found) throw new ReleaseRefused('not-for-this-platform')
  return {
    version: release.version,
    package: found,
    trust: { root: rootText, sequence: release.sequence, documentSha256, latestAt: new Date(Math.min(now, expiresAt)).toISOString() },
  }
}

/** The first root: nobody vouches for it but itself and whoever compares its fingerprint. @throws ReleaseRefused @returns the document's text, as `Trust` keeps it */
export function readFirstRoot(text: string, now: Date, crypto: ReleaseCrypto): string {
  const envelope = readEnvelope(text)
  const root = readDocument(envelope.signed, RootDocument)
  assertPossible(root)
  assertSigned(envelope, 'root', root, root.roles.root, crypto)
  if (Date.parse(root.expiresAt) <= now.getTime()) throw new ReleaseRefused('root-expired')
  return envelope.signed
}

function assertPossible({ roles, keys }: RootDocument): void {
  for (const role of Object.values(roles)) {
    if (new Set(role.keyIds).size < role.threshold || role.keyIds.some((keyId) => !Object.hasOwn(keys, keyId)))
      throw new ReleaseRefused('threshold-impossible')
  }
}

/** Each root is signed by a threshold of the one before and of its own: neither a stolen new key nor a retired old one changes who speaks. */
export function followRoots(known: string, texts: readonly string[], crypto: ReleaseCrypto): string {
  if (texts.length > releaseLimits.rotations) throw new ReleaseRefused('too-many-roots')
  let current = known
  for (const text of texts) {
    const before = readDocument(current, RootDocument)
    const envelope = readEnvelope(text)
    const next = readDocument(envelope.signed, RootDocument)
    if (next.version <= before.version) continue // the server hands over all it has; what is not newer changes nothing
    if (next.version !== before.version + 1) throw new ReleaseRefused('not-the-next-root')
    assertPossible(next)
    assertSigned(envelope, 'root', before, before.roles.root, crypto)
    assertSigned(envelope, 'root', next, next.roles.root, crypto)
    current = envelope.signed
  }
  return current
}

/** Counts keys, not signatures: one person's key twice is once. */
function assertSigned(
  { signed, signatures }: Envelope,
  kind: 'root' | 'release',
  { keys }: RootDocument,
  role: RootDocument['roles']['root'],
  crypto: ReleaseCrypto,
): void {
  const text = signedText(kind, signed)
  const good = new Set<string>()
  for (const { keyId, signature } of signatures) {
    if (good.has(keyId) || !role.keyIds.includes(keyId) || !Object.hasOwn(keys, keyId)) continue
    const key = keys[keyId]!
    if (crypto.keyIdOf(key) !== keyId) throw new ReleaseRefused('key-misnamed')
    if (crypto.isSignedBy(key, text, signature)) good.add(keyId)
  }
  if (good.size < role.threshold) throw new ReleaseRefused('below-threshold')
}

export function readEnvelope(text: string): Envelope {
  if (byteLength(text) > releaseLimits.documentBytes) throw new ReleaseRefused('too-large')
  return readDocument(text, Envelope)
}

export function readDocument<T>(text: string, schema: z.ZodType<T>): T {
  if (byteLength(text) > releaseLimits.documentBytes) throw new ReleaseRefused('too-large')
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new ReleaseRefused('not-a-document')
  }
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length
