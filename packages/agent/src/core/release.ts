import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  acceptRelease as accept,
  releaseLimits,
  ReleaseRefused,
  type ReleaseAccepted,
  type ReleaseAsked,
  type ReleaseCrypto,
  type Trust,
} from '@vigie/domain/agents'
import { syncFolder } from './files.ts'
import { isSignedBy } from './identity.ts'

export { ReleaseRefused, type ReleaseAccepted, type ReleaseAsked, type ReleaseFault, type Trust } from '@vigie/domain/agents'

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
export const releaseCrypto: ReleaseCrypto = { sha256, keyIdOf: (publicKey) => sha256(Buffer.from(publicKey, 'base64url')), isSignedBy }

/** `acceptRelease` of the domain, with this machine's cryptography. @throws ReleaseRefused */
export const acceptRelease = (trust: Trust, asked: ReleaseAsked): ReleaseAccepted => accept(trust, asked, releaseCrypto)

/**
 * Writes what comes to `file`, which appears only when all of it is there and is what the release says: never a byte more is kept than was promised, and never half.
 * May die anywhere; what lies there under another name is overwritten by the next try.
 * @param nowMs a monotonic clock, for the slowest pace
 * @throws ReleaseRefused; whatever `source` throws
 */
export async function receivePackage(
  source: AsyncIterable<Uint8Array>,
  file: string,
  expected: ReleaseAccepted['package'],
  nowMs: () => number = () => performance.now(),
): Promise<void> {
  const temporary = `${file}.part`
  const hash = createHash('sha256')
  const startMs = nowMs()
  let sizeBytes = 0
  const out = await open(temporary, 'w', 0o600)
  try {
    for await (const chunk of source) {
      sizeBytes += chunk.byteLength
      if (sizeBytes > expected.sizeBytes) throw new ReleaseRefused('package-too-long')
      const seconds = (nowMs() - startMs) / 1_000 - 30
      if (seconds > 0 && sizeBytes < seconds * releaseLimits.slowestBytesPerSecond) throw new ReleaseRefused('too-slow')
      hash.update(chunk)
      await out.writeFile(chunk)
    }
    if (sizeBytes < expected.sizeBytes) throw new ReleaseRefused('package-too-short')
    if (hash.digest('hex') !== expected.sha256) throw new ReleaseRefused('package-differs')
    await out.sync()
    await out.close()
    await rename(temporary, file)
    await syncFolder(dirname(file))
  } catch (error) {
    await out.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}
