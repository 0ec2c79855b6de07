import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPackages } from './packages.ts'
import { startAgentSide, type AgentSide } from './side.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let side: AgentSide
const folder = mkdtempSync(path.join(tmpdir(), 'vigie-packages-'))
beforeAll(async () => {
  server = await testServer()
  side = await startAgentSide({ services: server.services, port: 0, host: '127.0.0.1', packages: createPackages(folder) })
})
afterAll(async () => {
  await side.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

function fetch(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: side.port, path: url, ca: side.caCertificate, headers }, (res) => {
      const chunks: Buffer[] = []
      res
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }))
    }).on('error', reject)
  })
}

describe('what an installation fetches (AGT-1, R29)', () => {
  it('the authority’s certificate is the one whose fingerprint stands in the install command', async () => {
    const { body } = await fetch('/agent/v1/ca.pem')
    const certificate = new X509Certificate(body)
    expect(certificate.fingerprint256).toBe(server.services.caFingerprint)
    expect(certificate.ca).toBe(true)
  })

  it('the server’s certificate names this machine, is signed by the authority, and an agent a week slow accepts it (R23)', async () => {
    const peer = await new Promise<X509Certificate>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: side.port, ca: side.caCertificate }, () => {
        resolve(socket.getPeerX509Certificate()!)
        socket.end()
      })
      socket.on('error', reject)
    })
    expect(peer.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(peer.checkHost('localhost')).toBe('localhost')
    expect(peer.verify(new X509Certificate(side.caCertificate).publicKey)).toBe(true)
    expect(Date.parse(peer.validFrom)).toBeLessThan(Date.now() - 6 * 86_400_000)
    expect(Date.parse(peer.validTo)).toBeGreaterThan(Date.now() + 80 * 86_400_000)
    expect(peer.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  })

  it('the authority is the same in every process', async () => {
    const second = await startAgentSide({ services: { ...server.services }, port: 0, host: '127.0.0.1' })
    expect(second.caFingerprint).toBe(side.caFingerprint)
    await second.close()
  })

  it('without a built agent: a clear sentence, in the caller’s language', async () => {
    const english = await fetch('/agent/v1/install.sh')
    expect([english.status, JSON.parse(english.body.toString())]).toEqual([
      503,
      expect.objectContaining({ code: 'agent.package-missing', retry: true, title: expect.stringContaining('linux-x64') }),
    ])
    const french = await fetch('/agent/v1/download/linux-x64', { 'accept-language': 'fr-CH,fr;q=0.9' })
    expect(JSON.parse(french.body.toString()).title).toContain('paquet de l’agent')
  })

  it('the script names the package it fetches by its SHA-256', async () => {
    const bytes = Buffer.from('a package')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(path.join(folder, 'vigie-agent-linux-x64.tar.xz'), bytes)
    writeFileSync(
      path.join(folder, 'manifest.json'),
      JSON.stringify({
        version: '0.1.0',
        packages: {
          'linux-x64': { file: 'vigie-agent-linux-x64.tar.xz', sha256, sizeBytes: bytes.length },
          'linux-x64.deb': { file: 'vigie-agent_0.1.0_amd64.deb', sha256: createHash('sha256').update('deb').digest('hex'), sizeBytes: 3 },
        },
      }),
    )
    writeFileSync(path.join(folder, 'vigie-agent_0.1.0_amd64.deb'), 'deb')
    expect((await fetch('/agent/v1/install.sh')).body.toString()).toMatch(
      new RegExp(`^package_sha256=${sha256}\npackage_sha256_arm64=$`, 'm'),
    )
    expect((await fetch('/agent/v1/download/linux-arm64')).status).toBe(503)
    const download = await fetch('/agent/v1/download/linux-x64')
    expect([download.status, download.headers['x-sha256'], download.body]).toEqual([200, sha256, bytes])
    const deb = await fetch('/agent/v1/download/linux-x64.deb')
    expect([deb.body.toString(), deb.headers['content-disposition']]).toEqual(['deb', 'attachment; filename="vigie-agent_0.1.0_amd64.deb"'])
  })

  it('arm64 beside it, once it was built', async () => {
    const sha256 = createHash('sha256').update('arm').digest('hex')
    const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'))
    const entry = (file: string) => ({ file, sha256, sizeBytes: 3 })
    Object.assign(manifest.packages, {
      'linux-arm64': entry('vigie-agent-linux-arm64.tar.xz'),
      'linux-arm64.deb': entry('vigie-agent_0.1.0_arm64.deb'),
    })
    for (const file of ['vigie-agent-linux-arm64.tar.xz', 'vigie-agent_0.1.0_arm64.deb']) writeFileSync(path.join(folder, file), 'arm')
    writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest))
    expect((await fetch('/agent/v1/install.sh')).body.toString()).toContain(`package_sha256_arm64=${sha256}\n`)
    for (const url of ['linux-arm64', 'linux-arm64.deb']) expect((await fetch(`/agent/v1/download/${url}`)).body.toString()).toBe('arm')
  })

  it.each([
    '/',
    '/agent/v1/install.sh/',
    '/agent/v1/download/../../../etc/passwd',
    '/agent/v1/download/linux-x64%00',
    '/api/v1/customers',
    '/agent/v1/INSTALL.SH',
  ])('%s is not there (R1)', async (url) => {
    expect((await fetch(url)).status).toBe(404)
  })
})
