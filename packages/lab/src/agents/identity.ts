import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import type { Machine } from '@vigie/domain/agents'
import * as z from 'zod'

/** One simulated installation: what a real agent keeps on its disk. `counter` and `nextSeq` move while it lives. */
export interface LabIdentity {
  agentId: string
  privateKey: KeyObject
  /** 32 raw bytes, base64url. */
  publicKey: string
  /** The server's key that signs commands. */
  commandKey: string
  /** `wss://host:port/agent/v1/channel` */
  channel: string
  machine: Machine
  /** Hellos said so far. */
  counter: number
  /** This life of the queue, and the number its next item gets. */
  epoch: string
  nextSeq: number
  /** Of its next detection, never used twice: names it for ever. */
  serial: number
}

export interface KeyPair {
  privateKey: KeyObject
  publicKey: string
}

export function makeKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, publicKey: (publicKey.export({ format: 'jwk' }) as { x: string }).x }
}

export const signText = (key: KeyObject, text: string): string => sign(null, Buffer.from(text), key).toString('base64url')

/** The facts of the n-th machine of a series; the same again for the same series. Says itself that it is simulated. */
export function labMachine(series: string, index: number): Machine {
  const hostname = `lab-${series}-${String(index).padStart(6, '0')}`
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
  return {
    hostname,
    platform: 'Vigie lab (simulated)',
    fingerprint: createHash('sha256').update(`vigie lab 1\n${hostname}`).digest('hex'),
    addresses: [address],
  }
}

export const newEpoch = (): string => randomUUID()

const Kept = z.object({
  agentId: z.uuid(),
  privateKey: z.string(),
  publicKey: z.string(),
  commandKey: z.string(),
  channel: z.string(),
  machine: z.object({ hostname: z.string(), platform: z.string(), fingerprint: z.string(), addresses: z.array(z.string()) }),
  counter: z.number().int(),
  epoch: z.string(),
  nextSeq: z.number().int(),
  serial: z.number().int(),
})

/** One line of a file of ready identities. */
export function keepIdentity(identity: LabIdentity): string {
  return JSON.stringify({ ...identity, privateKey: identity.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url') })
}

/** @throws ZodError */
export function readIdentity(line: string): LabIdentity {
  const kept = Kept.parse(JSON.parse(line))
  return { ...kept, privateKey: createPrivateKey({ key: Buffer.from(kept.privateKey, 'base64url'), type: 'pkcs8', format: 'der' }) }
}
