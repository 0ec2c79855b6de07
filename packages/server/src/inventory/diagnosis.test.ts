import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enrol } from '../agents/enrol.ts'
import { newId } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let partnerId: string
let customerId: string
let productId: string
let guid: string
let call: ReturnType<TestServer['as']>
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
const sql = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  customerId = await aCustomer(server.database, partnerId)
  productId = await aProduct(server.database, partnerId, customerId, { description: 'Site1' })
  guid = (await sql('select guid from product where id = $1', [productId]))[0].guid
  call = server.as(await anActor(server.database, partnerId))
})
const ask = async (sought: string) => (await call('POST', '/v1/inventory/diagnosis', { sought })).body
const machine = (hostname: string) => ({
  hostname,
  platform: 'Debian 13',
  fingerprint: randomBytes(32).toString('hex'),
  addresses: ['10.9.8.7'],
})
const tryToEnrol = (hostname: string, address = '203.0.113.5') =>
  enrol(
    server.services,
    {
      guid,
      key: 'x'.repeat(43),
      publicKey: randomBytes(32).toString('base64url'),
      agentVersion: '0.1.0',
      protocol: 2,
      machine: machine(hostname),
    },
    address,
  )

describe('the guided check (INV-2)', () => {
  it('knows an enrolment that was refused, by the name, address and GUID of the machine', async () => {
    await expect(tryToEnrol('front-desk')).rejects.toThrow('agent.key-wrong')
    for (const sought of ['FRONT-DESK', '10.9.8.7', '203.0.113.5', guid]) {
      expect((await ask(sought)).verdict).toEqual({
        step: 'connection-target',
        finding: 'refused',
        cause: 'agent.key-wrong',
        command: null,
      })
    }
    expect((await ask('front-desk')).known.refusals).toMatchObject([
      { hostname: 'front-desk', productName: 'Site1', customerName: 'Boulangerie Martin' },
    ])
    expect((await ask('front')).verdict.finding).toBe('never-heard')
  })

  it('keeps the newest few refusals of a product, whoever makes them (R43)', async () => {
    for (let n = 0; n < 24; n++) await tryToEnrol(`pc-${n}`, `203.0.113.${n}`).catch(() => {})
    expect(
      (await sql('select hostname from enrolment_refusal where product_id = $1 order by at desc, id desc', [productId])).map(
        ({ hostname }) => hostname,
      ),
    ).toEqual(Array.from({ length: 20 }, (_, n) => `pc-${23 - n}`))
  })

  it('finds an agent without endpoints by its host name, and what of it could not be stored', async () => {
    const agentId = newId()
    await sql(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, addresses, agent_version, protocol, registered_at) values ($1, $2, $3, $4, $5, 'online', 'Écran-7', 'Linux', '', '{10.1.1.1}', '1', 1, now())`,
      [partnerId, agentId, customerId, productId, randomBytes(32)],
    )
    for (const sought of ['ecran-7', '10.1.1.1', agentId, guid])
      expect((await ask(sought)).verdict).toMatchObject({ step: 'collect', finding: 'agent-no-report' })
    await sql(
      `insert into dead_letter (partner_id, id, customer_id, product_id, agent_id, epoch, seq, reason, item, received_at) values ($1, $2, $3, $4, $5, $2, 1, 'shape', '{', now())`,
      [partnerId, newId(), customerId, productId, agentId],
    )
    expect((await ask('ecran-7')).verdict).toEqual({
      step: 'collect',
      finding: 'agent-dead-letters',
      cause: 'shape',
      command: 'sudo vigie-agent collect',
    })
    await sql(`update agent set state = 'offline' where id = $1`, [agentId])
    expect((await ask('ecran-7')).verdict).toMatchObject({ step: 'network', finding: 'agent-silent' })
  })

  it('tells of a product what became of its key', async () => {
    expect((await ask(guid)).verdict.finding).toBe('no-key')
    await call('POST', `/v1/products/${productId}/key`)
    expect((await ask(guid)).verdict.finding).toBe('key-waiting')
    await sql(`update product set key_expires_at = now() - interval '1 minute' where id = $1`, [productId])
    expect((await ask(guid.toUpperCase())).verdict.finding).toBe('key-expired')
  })

  it('refuses what looks like a report and is none', async () => {
    expect(await ask('{"format":"other"}')).toMatchObject({ code: 'diagnosis.unreadable', fields: [{ path: 'sought' }] })
  })

  it('tells nothing of another business, nor of a customer one may not see (R2, ACC-14)', async () => {
    await tryToEnrol('front-desk').catch(() => {})
    const others = [
      await anActor(server.database, await aPartner(server.database)),
      await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true }),
    ]
    for (const other of others) {
      for (const sought of ['front-desk', guid, productId]) {
        const { body } = await server.as(other)('POST', '/v1/inventory/diagnosis', { sought })
        expect([body.verdict.finding, body.known]).toEqual(['never-heard', { endpoints: [], agents: [], products: [], refusals: [] }])
      }
    }
  })
})
