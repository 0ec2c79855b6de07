import * as z from 'zod'
import { Problem } from '../kernel/index.ts'

/**
 * What the receiving side hands to the giving one (AGT-11), by a person's hand: where it is, whom its agents will trust, and the keys with which they register there. Good for 24 hours and a counted
 * number of agents (R9). Whoever holds it may register agents at that product, and nothing else.
 */
export const ConnectionCode = z.strictObject({
  v: z.literal(1),
  /** `https://host:port` of the receiving side's agent address. */
  server: z.string().regex(/^https:\/\/(\[[0-9a-f:]{2,39}\]|[A-Za-z0-9.-]{1,253})(:\d{1,5})?$/),
  /** SHA-256 of its CA certificate, hex. */
  caFingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** Its Ed25519 key that signs commands, base64url. */
  commandKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  guid: z.uuid(),
  /** One-use key of the product: for the site server, or the one agent. */
  key: z.string().min(1).max(100),
  /** For the agents of endpoints; `machines` of them. */
  endpointKey: z.string().min(1).max(100),
  machines: z.number().int().min(1).max(500),
  expiresAt: z.iso.datetime(),
})
export type ConnectionCode = z.infer<typeof ConnectionCode>

const mark = 'vigie-connect-1.'

/** One word without spaces, to copy and paste. Its content is ASCII by its shape. */
export const writeConnectionCode = (code: ConnectionCode): string =>
  mark +
  btoa(JSON.stringify(ConnectionCode.parse(code)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/** Spaces and line breaks of a mail program don't matter. Null: it is none, or not all of it. */
export function readConnectionCode(text: string): ConnectionCode | null {
  const packed = text.replaceAll(/\s/g, '')
  if (!packed.startsWith(mark) || packed.length > 4_000) return null
  try {
    return ConnectionCode.parse(JSON.parse(atob(packed.slice(mark.length).replaceAll('-', '+').replaceAll('_', '/'))))
  } catch {
    return null
  }
}

/** @throws switch.code-wrong, switch.code-expired */
export function usableCode(text: string, now: Date): ConnectionCode {
  const code = readConnectionCode(text)
  if (code === null) throw new Problem('switch.code-wrong', {}, { fields: [{ path: 'connectionCode', code: 'invalid' }] })
  if (Date.parse(code.expiresAt) <= now.getTime())
    throw new Problem('switch.code-expired', {}, { fields: [{ path: 'connectionCode', code: 'invalid' }] })
  return code
}
