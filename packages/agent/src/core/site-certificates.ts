import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { isIP, isIPv6 } from 'node:net'
import { join } from 'node:path'
import * as z from 'zod'
import { privateFolder, readJson, writeAtomically } from './files.ts'

/** X.509 v3 by RFC 5280, as much of it as a site server needs: ECDSA P-256, one authority, one leaf. Node.js makes keys and signatures, but no certificates. */

const dayMs = 86_400_000
/** A slow clock at an endpoint must still find it valid (R23). */
const backdatedMs = 7 * dayMs
const authorityDays = 30 * 365
export const leafDays = 90

const Kept = z.object({ key: z.string(), certificate: z.string() })

/** The site server's own authority, made at first start; its endpoints pin it by its fingerprint (AGT-8, R29). */
export interface SiteAuthority {
  /** PEM. */
  certificate: string
  /** SHA-256 of the certificate (DER), hex. */
  fingerprint: string
  /** @param hosts names and addresses that the endpoints may call it by */
  issue(hosts: readonly string[], now: Date): { key: string; cert: string }
}

export async function openSiteAuthority(stateFolder: string, now: Date): Promise<SiteAuthority> {
  const path = join(await privateFolder(join(stateFolder, 'site')), 'authority.json')
  const kept = (await readJson(path, Kept)) ?? makeAuthority(now)
  await writeAtomically(path, JSON.stringify(kept))
  const own = new X509Certificate(kept.certificate)
  const signingKey = createPrivateKey(kept.key)
  return {
    certificate: kept.certificate,
    fingerprint: createHash('sha256').update(own.raw).digest('hex'),
    issue(hosts, at) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const extensions = [
        extension(ids.basicConstraints, sequence(), true),
        extension(ids.keyUsage, bits(0x80, 7), true),
        extension(ids.extendedKeyUsage, sequence(oid(ids.serverAuth))),
        extension(ids.subjectAltName, sequence(...hosts.map(hostName))),
        extension(ids.authorityKey, sequence(tlv(0x80, keyId(own.publicKey)))),
      ]
      const cert = certificate({
        subject: leafName,
        issuer: authorityName,
        publicKey: pair.publicKey,
        signingKey,
        from: at.getTime() - backdatedMs,
        days: leafDays,
        extensions,
      })
      return { key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: `${cert}${kept.certificate}` }
    },
  }
}

function makeAuthority(now: Date): z.infer<typeof Kept> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const extensions = [
    extension(ids.basicConstraints, sequence(tlv(0x01, Buffer.from([0xff])), integer(Buffer.from([0]))), true),
    extension(ids.keyUsage, bits(0x06, 1), true),
    extension(ids.subjectKey, tlv(0x04, keyId(publicKey))),
  ]
  const made = certificate({
    subject: authorityName,
    issuer: authorityName,
    publicKey,
    signingKey: privateKey,
    from: now.getTime() - backdatedMs,
    days: authorityDays,
    extensions,
  })
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: made }
}

const authorityName = 'Vigie site server authority'
const leafName = 'Vigie site server'

interface Wanted {
  subject: string
  issuer: string
  publicKey: KeyObject
  signingKey: KeyObject
  /** Milliseconds since 1970. */
  from: number
  days: number
  extensions: Buffer[]
}

function certificate({ subject, issuer, publicKey, signingKey, from, days, extensions }: Wanted): string {
  const algorithm = sequence(oid(ids.ecdsaWithSha256))
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x01
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name(issuer),
    sequence(instant(from), instant(from + backdatedMs + days * dayMs)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  )
  const der = sequence(body, algorithm, tlv(0x03, Buffer.from([0]), sign('sha256', body, signingKey)))
  return `-----BEGIN CERTIFICATE-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END CERTIFICATE-----\n`
}

// ---- DER (X.690) -------------------------------------------------------------------------------------------

const ids = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  subjectAltName: '551d11',
  subjectKey: '551d0e',
  authorityKey: '551d23',
  serverAuth: '2b06010505070301',
} as const

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts)
/** Not negative: callers keep the first bit 0. */
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const bits = (byte: number, unused: number): Buffer => tlv(0x03, Buffer.from([unused, byte]))
const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value))
const name = (text: string): Buffer => sequence(tlv(0x31, sequence(oid(ids.commonName), tlv(0x0c, Buffer.from(text)))))
const keyId = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
function instant(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  return digits < '2050' ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits))
}

function hostName(host: string): Buffer {
  return isIP(host) ? tlv(0x87, addressBytes(host)) : tlv(0x82, Buffer.from(host))
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1) // without dotted quads
  const [head = '', tail] = canonical.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail ?? '')]
  return Buffer.from(all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}
