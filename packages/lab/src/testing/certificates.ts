import 'reflect-metadata' // before x509, which needs it
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A CA of a day and a certificate by it for 127.0.0.1 and localhost, all PEM. */
export async function testCertificates(): Promise<{ ca: string; cert: string; key: string }> {
  cryptoProvider.set(globalThis.crypto)
  const [root, leaf] = await Promise.all([newKeys(), newKeys()])
  const life = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) }
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Lab test CA',
    keys: root,
    signingAlgorithm: algorithm,
    ...life,
    extensions: [new BasicConstraintsExtension(true, undefined, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  })
  const cert = await X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: leaf.publicKey,
    signingKey: root.privateKey,
    signingAlgorithm: algorithm,
    ...life,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  })
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', leaf.privateKey)).toString('base64')
  return { ca: ca.toString('pem'), cert: cert.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` }
}

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
