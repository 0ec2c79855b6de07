import 'reflect-metadata' // before x509, which needs it
import { createHash, X509Certificate } from 'node:crypto'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export interface TestCertificates {
  ca: string
  cert: string
  key: string
  /** SHA-256 of the CA's DER, hex. */
  caSha256: string
}

/** A CA of a day and a certificate by it for 127.0.0.1 and localhost (or another name), all PEM. */
export async function testCertificates(host: { ip: string } | { dns: string } = { ip: '127.0.0.1' }): Promise<TestCertificates> {
  cryptoProvider.set(globalThis.crypto)
  const [root, leaf] = await Promise.all([newKeys(), newKeys()])
  const life = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) }
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Agent test CA',
    keys: root,
    signingAlgorithm: algorithm,
    ...life,
    extensions: [new BasicConstraintsExtension(true, undefined, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  })
  const name = 'ip' in host ? { type: 'ip' as const, value: host.ip } : { type: 'dns' as const, value: host.dns }
  const cert = await X509CertificateGenerator.create({
    subject: 'CN=agent test server',
    issuer: ca.subject,
    publicKey: leaf.publicKey,
    signingKey: root.privateKey,
    signingAlgorithm: algorithm,
    ...life,
    extensions: [new SubjectAlternativeNameExtension([name])],
  })
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', leaf.privateKey)).toString('base64')
  const pem = ca.toString('pem')
  const caSha256 = createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
  return { ca: pem, cert: cert.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`, caSha256 }
}

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
