import 'reflect-metadata' // before x509, which needs it
import { createHash, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import * as x509 from '@peculiar/x509'
import type { Clock, Database, Vault } from '../platform/index.ts'

/** ECDSA P-256: the cheapest handshake (performance.md §3). */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000
/** Certificates are valid from a week ago: an agent whose clock is slow by days still reaches us, and is told so (R23). */
const backdatedMs = 7 * dayMs
const authorityYears = 30
export const serverCertificateDays = 90
/** Half of its life is left when the next one is made. */
export const renewAfterMs = (serverCertificateDays / 2) * dayMs

x509.cryptoProvider.set(webcrypto as unknown as Crypto)

/** The installation's own certificate authority, made at first start; agents pin it by its fingerprint (R29). */
export interface Authority {
  /** PEM. */
  certificate: string
  /** SHA-256 of the certificate (DER), hex with colons. */
  fingerprint: string
  /** A key and certificate for this process, kept in memory only. */
  issue(hosts: readonly string[], now: Date): Promise<{ key: string; cert: string }>
}

export async function openAuthority(database: Database, vault: Vault, clock: Clock): Promise<Authority> {
  const secret = await vault.installationSecret(database, 'agent-authority', () => makeAuthority(clock.now()))
  const { key, certificate } = JSON.parse(secret.toString()) as { key: string; certificate: string }
  const signingKey = await webcrypto.subtle.importKey('pkcs8', Buffer.from(key, 'base64'), algorithm, false, ['sign'])
  const own = new x509.X509Certificate(certificate)
  return {
    certificate,
    fingerprint: fingerprintOf(certificate),
    async issue(hosts, now) {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: 'CN=Vigie agent side',
        issuer: own.subject,
        notBefore: new Date(Math.max(now.getTime() - backdatedMs, own.notBefore.getTime())),
        notAfter: new Date(now.getTime() + serverCertificateDays * dayMs),
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey as never,
        signingKey: signingKey as never,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(own),
        ],
      })
      const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
      return { key: pem('PRIVATE KEY', exported), cert: `${issued.toString('pem')}\n${certificate}` }
    },
  }
}

async function makeAuthority(now: Date): Promise<Buffer> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Vigie agent authority',
    notBefore: new Date(now.getTime() - backdatedMs),
    notAfter: new Date(now.getTime() + authorityYears * 365 * dayMs),
    signingAlgorithm: algorithm,
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return Buffer.from(JSON.stringify({ key, certificate: certificate.toString('pem') }))
}

export function fingerprintOf(certificate: string): string {
  const hex = createHash('sha256').update(new NodeCertificate(certificate).raw).digest('hex')
  return hex.toUpperCase().match(/../g)!.join(':')
}

/** Every name and address this machine may be called by, the configured one first. */
export function ownHosts(agentUrl: string): string[] {
  const configured = new URL(agentUrl).hostname.replace(/^\[|\]$/g, '')
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ scopeid }) => !scopeid)
    .map(({ address }) => address)
  const name = hostname()
  return [...new Set([configured, 'localhost', '127.0.0.1', '::1', ...(/^[A-Za-z0-9.-]{1,253}$/.test(name) ? [name] : []), ...addresses])]
}

/** 127 random bits, positive (RFC 5280, 4.1.2.2). */
const serial = () => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = (bytes[0]! & 0x7f) | 0x01
  return Buffer.from(bytes).toString('hex')
}
const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END ${label}-----\n`
