import { createHash } from 'node:crypto'
import { brotliCompressSync, constants } from 'node:zlib'
import { signedText, type ReleaseDocument, type RootDocument } from '@vigie/domain/agents'
import { makeKeyPair, signText, type KeyPair } from '../core/identity.ts'
import { ownTarget } from '../core/upgrade.ts'
import type { Peer } from './peer.ts'

/** Keys live as long as a test: the repository holds none. */
export interface Signer extends KeyPair {
  keyId: string
}
export function newSigner(): Signer {
  const pair = makeKeyPair()
  return { ...pair, keyId: createHash('sha256').update(Buffer.from(pair.publicKey, 'base64url')).digest('hex') }
}
export const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

export function signDocument(kind: 'root' | 'release', document: object, by: readonly Signer[]): string {
  const text = JSON.stringify(document)
  return JSON.stringify({
    signed: text,
    signatures: by.map(({ keyId, privateKey }) => ({ keyId, signature: signText(privateKey, signedText(kind, text)) })),
  })
}

/** People who sign: two of two, for both documents. */
export class Signers {
  readonly all = [newSigner(), newSigner()] as const
  #sequence = 0

  root(version = 1): string {
    const [a, b] = this.all
    const role = { keyIds: [a.keyId, b.keyId], threshold: 2 }
    const document: RootDocument = {
      kind: 'vigie root 1',
      version,
      expiresAt: inDays(700),
      keys: { [a.keyId]: a.publicKey, [b.keyId]: b.publicKey },
      roles: { root: role, release: role },
    }
    return signDocument('root', document, this.all)
  }

  /** Puts a release where the peer's agents find it. */
  publish(
    peer: Peer,
    version: string,
    program: string | Buffer,
    change: Partial<ReleaseDocument> = {},
    by: readonly Signer[] = this.all,
  ): Buffer {
    const packed = brotliCompressSync(program, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
    const document: ReleaseDocument = {
      kind: 'vigie agent release 1',
      sequence: ++this.#sequence,
      version,
      signedAt: inDays(-1),
      expiresAt: inDays(30),
      packages: { [ownTarget()]: { sizeBytes: packed.length, sha256: createHash('sha256').update(packed).digest('hex') } },
      ...change,
    }
    peer.pages.set(`/agent/v1/releases/${version}`, signDocument('release', document, by))
    peer.pages.set(`/agent/v1/releases/${version}/${ownTarget()}`, packed)
    return packed
  }
}
