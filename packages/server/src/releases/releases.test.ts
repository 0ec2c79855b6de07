import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKey, makeRoot, pack, sign, verify } from '../../../../tools/release.ts'
import { startAgentSide, type AgentSide } from '../agents/index.ts'
import { createOrderRunner, type OrderRunner } from '../orders/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { add, listForOperator, remove, trust } from './add.ts'
import { releaseRoot } from './pages.ts'

let server: TestServer
let side: AgentSide
let runner: OrderRunner
const folder = mkdtempSync(path.join(tmpdir(), 'vigie-releases-'))
const key = (name: string) => path.join(folder, `${name}.pem`)
const names = ['root-a', 'root-b', 'release-a', 'release-b'] as const
const publics: Record<string, string> = {}
let firstRoot: string
const program = path.join(folder, 'program')
/** Several pieces long. */
const bytes = Buffer.concat(Array.from({ length: 80_000 }, (_, i) => createHash('sha256').update(String(i)).digest()))

/** Signed by these people, on "their machines". */
async function released(version: string, sequence: number, by: readonly string[] = ['release-a', 'release-b'], days = 30): Promise<string> {
  const out = path.join(folder, `${version}-${sequence}`)
  const file = await pack(out, { version, sequence, days, programs: { 'linux-x64': program }, quality: 1 })
  for (const name of by) await sign(file, readFileSync(key(name), 'utf8'), null)
  return out
}
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { fault?: string; code?: string }) => error.fault ?? error.code ?? String(error),
  )

beforeAll(async () => {
  writeFileSync(program, bytes)
  for (const name of names) publics[name] = await makeKey(key(name), null)
  firstRoot = await makeRoot(folder, {
    rootKeys: [publics['root-a']!, publics['root-b']!],
    releaseKeys: [publics['release-a']!, publics['release-b']!],
    threshold: 2,
    releaseThreshold: 2,
    days: 700,
    after: null,
  })
  for (const name of ['root-a', 'root-b']) await sign(firstRoot, readFileSync(key(name), 'utf8'), null)
  server = await testServer()
  runner = createOrderRunner(server.services)
  side = await startAgentSide({ services: server.services, port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await side.close()
  await server.close()
  rmSync(folder, { recursive: true })
})
const fetch = (url: string): Promise<{ status: number; body: Buffer }> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: side.port, path: url, ca: side.caCertificate }, (res) => {
      const chunks: Buffer[] = []
      res
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks) }))
    }).on('error', reject)
  })

describe('the operator’s hands (R17)', () => {
  it('believes nobody before a root is trusted; a root with one signature of two is none', async () => {
    expect(await releaseRoot(server.services)).toBeNull()
    expect(await faultOf(add(server.services, await released('1.0.0', 1)))).toBe('release.no-root')
    const half = await makeRoot(path.join(folder, 'half'), {
      rootKeys: [publics['root-a']!, publics['root-b']!],
      releaseKeys: [publics['release-a']!, publics['release-b']!],
      threshold: 2,
      releaseThreshold: 2,
      days: 700,
      after: null,
    })
    await sign(half, readFileSync(key('root-a'), 'utf8'), null)
    expect(await faultOf(trust(server.services, half))).toBe('below-threshold')
    expect((await trust(server.services, firstRoot)).root.version).toBe(1)
    expect((await trust(server.services, firstRoot)).root.version).toBe(1) // again: nothing changes
    await sign(half, readFileSync(key('root-b'), 'utf8'), null)
    expect(await faultOf(trust(server.services, half))).toBe('release.root-known') // another first root would leave every agent behind
  })

  it('takes in what agents would take, and nothing else', async () => {
    const good = await released('1.0.0', 2)
    expect((await verify(good, firstRoot)).version).toBe('1.0.0')
    expect(await faultOf(add(server.services, await released('1.1.0', 3, ['release-a'])))).toBe('below-threshold')
    expect(await faultOf(add(server.services, await released('1.1.0', 4, ['root-a', 'root-b'])))).toBe('below-threshold')
    expect(await add(server.services, good)).toMatchObject({ version: '1.0.0', sequence: 2, targets: ['linux-x64'] })
    expect(await faultOf(add(server.services, await released('0.9.0', 1)))).toBe('older-sequence')
    const bent = await released('1.1.0', 5)
    writeFileSync(path.join(bent, 'vigie-agent-1.1.0-linux-x64.br'), 'x')
    expect(await faultOf(add(server.services, bent))).toBe('release.file-wrong')
    expect(await faultOf(verify(bent, firstRoot))).toBe('package-differs')
    expect((await listForOperator(server.services)).rows.map(({ version }) => version)).toEqual(['1.0.0'])
  })

  it('serves the documents word for word and the package whole, at fixed paths and nothing else (R1)', async () => {
    const good = path.join(folder, '1.0.0-2')
    expect((await fetch('/agent/v1/releases/1.0.0')).body.toString()).toBe(readFileSync(path.join(good, 'release.json'), 'utf8'))
    expect((await fetch('/agent/v1/releases/root/1')).body.toString()).toBe(readFileSync(firstRoot, 'utf8'))
    const packed = await fetch('/agent/v1/releases/1.0.0/linux-x64')
    expect(packed.body.equals(readFileSync(path.join(good, 'vigie-agent-1.0.0-linux-x64.br')))).toBe(true)
    expect(brotliDecompressSync(packed.body).equals(bytes)).toBe(true)
    expect(packed.body.length).toBeGreaterThan(2_000_000)
    for (const url of [
      'root/2',
      '1.1.0',
      '1.0.0/linux-arm64',
      '1.0.0/windows',
      '1.0.0/../../etc',
      '01.0.0',
      '1.0.0/',
      'root/0',
      'root/1/2',
      '',
    ])
      expect((await fetch(`/agent/v1/releases/${url}`)).status, url).toBe(404)
  })

  it('keys change by the old and the new; an agent that registers gets the newest root', async () => {
    publics['root-c'] = await makeKey(key('root-c'), 'a phrase')
    const next = await makeRoot(path.join(folder, 'next'), {
      rootKeys: [publics['root-b']!, publics['root-c']!],
      releaseKeys: [publics['release-a']!, publics['release-b']!],
      threshold: 2,
      releaseThreshold: 2,
      days: 700,
      after: firstRoot,
    })
    for (const name of ['root-a', 'root-b']) await sign(next, readFileSync(key(name), 'utf8'), null)
    expect(await faultOf(trust(server.services, next))).toBe('below-threshold')
    await sign(next, readFileSync(key('root-c'), 'utf8'), 'a phrase')
    expect((await trust(server.services, next)).root.version).toBe(2)
    expect(await releaseRoot(server.services)).toBe(readFileSync(next, 'utf8'))
    expect((await fetch('/agent/v1/releases/root/2')).status).toBe(200)
  })
})

describe('the partner’s approval (AGT-1)', () => {
  it('is its own; shows who runs what; orders reach the older ones only; withdrawn, nobody is told any more (R16)', async () => {
    const partnerId = await aPartner(server.database)
    const [customerId, other] = [await aCustomer(server.database, partnerId), await aPartner(server.database)]
    const [owner, stranger, technician] = [
      await anActor(server.database, partnerId, { role: 'owner' }),
      await anActor(server.database, other, { role: 'owner' }),
      await anActor(server.database, partnerId, { role: 'technician' }),
    ]
    const productId = await aProduct(server.database, partnerId, customerId)
    const commands = JSON.stringify([{ type: 'upgrade-agent', isSupported: true, reason: null }])
    await server.database.owner.query(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
       select $1, gen_random_uuid(), $2, $3, decode(md5(version) || md5(version), 'hex'), 'enabled', 'online', 'srv-' || version, 'Debian', $4, version, 2, $5, now() from unnest($6::text[]) version`,
      [partnerId, customerId, productId, 'a'.repeat(64), commands, ['0.9.0', '0.10.0', '1.0.0']],
    )
    const [as, asStranger, asTechnician] = [server.as(owner), server.as(stranger), server.as(technician)]
    const draft = { type: 'upgrade-agent', params: { version: '1.0.0' }, target: { kind: 'customers', customerIds: [customerId] } }
    const once = (name: string) => ({ 'idempotency-key': `${name}-${partnerId}` })
    expect(await as('POST', '/v1/orders', draft, once('early'))).toMatchObject({ status: 409, body: { code: 'release.not-approved' } })
    expect((await asTechnician('PUT', '/v1/agent-versions/1.0.0/approval')).status).toBe(403)
    expect((await as('PUT', '/v1/agent-versions/1.0.1/approval')).status).toBe(404)
    const { body } = await as('PUT', '/v1/agent-versions/1.0.0/approval')
    expect(body).toMatchObject({ approved: '1.0.0', hasRoot: true })
    expect(
      body.rows.map((row: { version: string; agents: number; olderAgents: number; approval: unknown }) => [
        row.version,
        row.agents,
        row.olderAgents,
        row.approval !== null,
      ]),
    ).toEqual([
      ['1.0.0', 1, 2, true],
      ['0.10.0', 1, 1, false],
      ['0.9.0', 1, 0, false],
    ])
    expect((await asStranger('GET', '/v1/agent-versions')).body).toMatchObject({
      approved: null,
      rows: [{ version: '1.0.0', agents: 0, approval: null }],
    })

    expect((await asTechnician('POST', '/v1/orders', draft, once('technician'))).status).toBe(403) // orders yes, upgrades no
    expect((await as('POST', '/v1/orders', { ...draft, params: undefined }, once('no version'))).status).toBe(400)
    const { body: drafted } = await as('POST', '/v1/orders', draft, once('right'))
    expect(drafted.dryRun).toMatchObject({ willGet: 2, skipped: [{ reason: 'version-current', agents: 1 }] })
    expect((await as('POST', `/v1/orders/${drafted.order.id}/confirm`, {})).status).toBe(200)
    await runner.runDue()
    expect(
      (await server.database.owner.query(`select frame -> 'order' -> 'params' as params from command where type = 'upgrade-agent'`)).rows,
    ).toEqual([{ params: { version: '1.0.0' } }]) // the first ring
    await as('DELETE', '/v1/agent-versions/1.0.0/approval')
    expect((await server.database.owner.query(`select step, evidence from command where type = 'upgrade-agent'`)).rows).toEqual([
      { step: 'expired', evidence: { reason: 'version-withdrawn' } },
    ])
    await runner.runDue()
    expect(
      (
        await server.database.owner.query(
          `select activity from audit where partner_id = $1 and activity like 'agent-version.%' order by sequence`,
          [partnerId],
        )
      ).rows.map((row) => row.activity),
    ).toEqual(['agent-version.approved', 'agent-version.withdrawn'])

    await as('PUT', '/v1/agent-versions/1.0.0/approval')
    server.clock.add(40 * 86_400_000)
    expect(await as('POST', '/v1/orders', draft, once('expired'))).toMatchObject({ body: { code: 'release.not-approved' } })
    expect(await remove(server.services, '1.0.0')).toBe(true)
    expect((await as('GET', '/v1/agent-versions')).body.approved).toBeNull()
  })
})
