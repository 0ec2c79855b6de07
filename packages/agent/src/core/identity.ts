import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { readJson, writeAtomically } from './files.ts'

/** A key pair: private half as PKCS 8 in PEM, public half as 32 raw bytes in base64url (what travels). */
export const KeyPair = z.object({ privateKey: z.string(), publicKey: z.string() })
export type KeyPair = z.infer<typeof KeyPair>

/** Who this agent is. Lives in `identity.json`, readable by its owner only (R13). */
export const Identity = KeyPair.extend({
  agentId: z.uuid(),
  guid: z.uuid(),
  /** `https://host:port` as given at enrolment. */
  server: z.string(),
  /** `wss://host:port/agent/v1/channel` */
  channel: z.string(),
  /** The server's Ed25519 key that signs commands (R14). */
  commandKey: z.string(),
  product: z.object({ typeId: z.string(), description: z.string() }),
  /** AGT-8: may carry those of its site. */
  isSiteServer: z.boolean().default(false),
  /** An endpoint that enrolled through its site server: Vigie's own address and CA certificate, for when it is away from its site. Null: it knows none, or needs none. */
  direct: z.object({ channel: z.string(), ca: z.string() }).nullable().default(null),
  /** Host name when enrolled: see `machineFacts`. */
  anchorHostname: z.string(),
  /** The server said that it no longer knows us: enrol again. */
  isUnregistered: z.boolean().default(false),
})
export type Identity = z.infer<typeof Identity>

/** A key made for an enrolment or fork whose answer has not come yet: used again, so that a repeat is the same request (the answer may have got lost). */
const Attempt = KeyPair.extend({ purpose: z.string() })

export function makeKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey: rawPublicKey(publicKey) }
}

export function signText(privateKeyPem: string, text: string): string {
  return sign(null, Buffer.from(text), createPrivateKey(privateKeyPem)).toString('base64url')
}

/** @param publicKey 32 raw bytes in base64url. False for anything wrong; never throws. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    return verify(null, Buffer.from(text), publicKeyObject(publicKey), Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

function rawPublicKey(key: KeyObject): string {
  return (key.export({ format: 'jwk' }) as { x: string }).x
}

/** Takes 32 raw bytes, or DER (SPKI), in base64url. */
function publicKeyObject(publicKey: string): KeyObject {
  const bytes = Buffer.from(publicKey, 'base64url')
  if (bytes.length === 32) return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' })
  return createPublicKey({ key: bytes, format: 'der', type: 'spki' })
}

/** The identity's place on disk. */
export class IdentityStore {
  readonly #folder: string

  constructor(stateFolder: string) {
    this.#folder = stateFolder
  }

  load(): Promise<Identity | null> {
    return readJson(join(this.#folder, 'identity.json'), Identity)
  }

  /** Also forgets the attempt that led to it. */
  async save(identity: Identity): Promise<void> {
    await writeAtomically(join(this.#folder, 'identity.json'), JSON.stringify(identity, null, 2))
    await rm(join(this.#folder, 'attempt.json'), { force: true })
  }

  /** The key pair of the attempt for `purpose`, kept on disk before it is used. */
  async attempt(purpose: string): Promise<KeyPair> {
    const path = join(this.#folder, 'attempt.json')
    const known = await readJson(path, Attempt).catch(() => null)
    if (known?.purpose === purpose) return known
    const made = { ...makeKeyPair(), purpose }
    await writeAtomically(path, JSON.stringify(made))
    return made
  }

  async forget(): Promise<void> {
    await rm(join(this.#folder, 'attempt.json'), { force: true })
    await rm(join(this.#folder, 'identity.json'), { force: true })
  }

  caPath(): string {
    return join(this.#folder, 'ca.pem')
  }
}
