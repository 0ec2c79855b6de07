import { createHash, createPublicKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto'

/** A one-use key is 256 random bits: its plain hash can't be searched (R9). */
export const hashOfKey = (key: string): Buffer => createHash('sha256').update(key).digest()
const never = hashOfKey('no such product')
/** In constant time, also where there is nothing to compare with. */
export const isKey = (given: string, hash: Buffer | null): boolean => timingSafeEqual(hashOfKey(given), hash ?? never) && hash !== null

/** Raw Ed25519 key of 32 bytes; null: it is not one. */
export function rawPublicKey(text: string): Buffer | null {
  const raw = Buffer.from(text, 'base64url')
  return raw.length === 32 ? raw : null
}
const asKey = (raw: Buffer): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' })

export function isSignedBy(raw: Buffer, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  try {
    return bytes.length === 64 && verify(null, Buffer.from(text), asKey(raw), bytes)
  } catch {
    return false // 32 bytes that are no point of the curve
  }
}
