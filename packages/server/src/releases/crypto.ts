import { createHash, createPublicKey, verify } from 'node:crypto'
import type { ReleaseCrypto } from '@vigie/domain/agents'

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

/** The agents' rules on the server's side. It holds no key that signs releases, and never will (R17). */
export const crypto: ReleaseCrypto = {
  sha256,
  keyIdOf: (publicKey) => sha256(Buffer.from(publicKey, 'base64url')),
  isSignedBy(publicKey, text, signature) {
    try {
      return verify(
        null,
        Buffer.from(text),
        createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }),
        Buffer.from(signature, 'base64url'),
      )
    } catch {
      return false
    }
  },
}
