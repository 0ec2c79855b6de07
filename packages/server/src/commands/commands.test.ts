import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson, CommandFrame, commandPrefix } from '@vigie/domain/agents'
import type { CommandType } from '@vigie/domain/commands'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { endCommands } from './jobs.ts'
import { applyOutcomes, sendCommand, takeWaiting } from './index.ts'

let server: TestServer
let actor: Actor
let partnerId: string
let customerId: string
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId, { role: 'technician' })
  customerId = await aCustomer(server.database, partnerId)
})
afterAll(() => server.close())

const all = () => ({ partnerId, scope: 'all' as const, principalId: null })
const takesAll = ['scan-now', 'stop-scan', 'update-components', 'synchronise'].map((type) => ({ type, isSupported: true, reason: null }))

async function anAgent(productId: string, agent: { switch?: string; commands?: unknown } = {}): Promise<string> {
  const id = newId()
  await server.database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     values ($1, $2, $3, $4, $5, $6, 'srv-1', 'Debian', $7, '0.1.0', 1, $8, now())`,
    [
      partnerId,
      id,
      customerId,
      productId,
      Buffer.from(id),
      agent.switch ?? 'enabled',
      'a'.repeat(64),
      JSON.stringify(agent.commands ?? takesAll),
    ],
  )
  return id
}
const product = () => aProduct(server.database, partnerId, customerId)

describe('commands (AGT-3, R14, R15)', () => {
  it('are signed for one agent, numbered, and end within a day', async () => {
    const productId = await product()
    const agentId = await anAgent(productId)
    const { status, body } = await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' })
    expect([status, body.commands.map((command: { step: string }) => command.step)]).toEqual([200, ['waiting']])
    const frames = await server.database.transaction(all(), (db) => takeWaiting(db, agentId, false, new Date()))
    const frame = CommandFrame.parse(frames[0])
    const key = createPublicKey({ key: server.services.commandKey, format: 'der', type: 'pkcs8' } as never)
    expect(verify(null, Buffer.from(commandPrefix + canonicalJson(frame.order)), key, Buffer.from(frame.signature, 'base64url'))).toBe(true)
    expect(frame.order).toMatchObject({ agentId, number: 1, type: 'scan-now' })
    expect(Date.parse(frame.order.expiresAt) - Date.parse(frame.order.notBefore)).toBeLessThanOrEqual(24 * 3_600_000)
    const second = await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' })
    const [again] = await server.database.transaction(all(), (db) => takeWaiting(db, agentId, false, new Date()))
    expect([second.status, again!.order.number]).toEqual([200, 2])
  })

  it('carry typed parameters in the signature, and none that do not fit (R14)', async () => {
    const [productId, doer] = [await product(), { kind: 'system' as const, name: 'test' }]
    const agentId = await anAgent(productId, { commands: [{ type: 'apply-settings', isSupported: true, reason: null }, ...takesAll] })
    const give = (type: CommandType, params: unknown) =>
      server.database.transaction(all(), (db) =>
        sendCommand(db, server.services, new Date(), {
          product: { id: productId, customerId, description: 'Main' },
          type,
          params: params as never,
          agentIds: [agentId],
          eventId: null,
          doer,
        }),
      )
    await give('apply-settings', { revision: 7, values: { 'real-time-scan': true } })
    const [frame] = await server.database.transaction(all(), (db) => takeWaiting(db, agentId, false, new Date()))
    const key = createPublicKey({ key: server.services.commandKey, format: 'der', type: 'pkcs8' } as never)
    const isSigned = (order: unknown) =>
      verify(null, Buffer.from(commandPrefix + canonicalJson(order)), key, Buffer.from(frame!.signature, 'base64url'))
    expect(frame!.order.params).toEqual({ revision: 7, values: { 'real-time-scan': true } })
    expect([isSigned(frame!.order), isSigned({ ...frame!.order, params: { revision: 7, values: { 'real-time-scan': false } } })]).toEqual([
      true,
      false,
    ])
    await expect(give('apply-settings', { revision: 0, values: {} })).rejects.toMatchObject({
      code: 'request.invalid',
      fields: [{ path: 'params.revision' }],
    })
    await expect(give('apply-settings', undefined)).rejects.toMatchObject({ code: 'request.invalid' })
    await expect(give('scan-now', { everywhere: true })).rejects.toMatchObject({
      code: 'request.invalid',
      fields: [{ path: 'params', code: 'unknown' }],
    })
  })

  it('of two that contradict each other the newer one stands; an agent on its way out takes no more', async () => {
    const productId = await product()
    const agentId = await anAgent(productId, { commands: [{ type: 'uninstall-agent', isSupported: true, reason: null }, ...takesAll] })
    const order = async (type: string) => (await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type })).body
    const scan = (await order('scan-now')).commands[0].id as string
    const stop = (await order('stop-scan')).commands[0].id as string
    const { body } = await server.as(actor)('GET', `/v1/commands/${scan}`)
    expect([body.step, body.evidence]).toEqual(['expired', { reason: 'superseded' }])
    const frames = await server.database.transaction(all(), (db) => takeWaiting(db, agentId, false, new Date()))
    expect(frames.map((frame) => frame.order.commandId)).toEqual([stop])
    const target = {
      product: { id: productId, customerId, description: 'Main' },
      type: 'uninstall-agent' as const,
      agentIds: [agentId],
      eventId: null,
      doer: { kind: 'system' as const, name: 'test' },
    }
    await server.database.transaction(all(), (db) => sendCommand(db, server.services, new Date(), target))
    expect((await order('scan-now')).code).toBe('command.contradicts')
  })

  it('double click: the same Idempotency-Key is one order', async () => {
    const productId = await product()
    await anAgent(productId)
    const click = () =>
      server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' }, { 'idempotency-key': 'one-click' })
    const [first, second] = await Promise.all([click(), click()])
    expect(first.body).toEqual(second.body)
    const list = await server.as(actor)('GET', `/v1/commands?productId=${productId}`)
    expect(list.body.rows).toHaveLength(1)
  })

  it.each([
    ['no agent at all', [], 'command.target-unregistered'],
    ['all taken away', [{ switch: 'unregistered' }], 'command.target-unregistered'],
    ['all disabled', [{ switch: 'disabled' }], 'command.target-disabled'],
    [
      'the engine is missing',
      [{ commands: [{ type: 'scan-now', isSupported: false, reason: 'engine-missing' }] }],
      'command.not-supported',
    ],
    ['never declared', [{ commands: [] }], 'command.not-supported'],
  ])('are refused with the reason: %s', async (_, agents, code) => {
    const productId = await product()
    for (const agent of agents) await anAgent(productId, agent)
    const { body } = await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' })
    expect(body.code).toBe(code)
    expect((await server.as(actor)('GET', `/v1/commands?productId=${productId}`)).body.rows).toEqual([])
  })

  it("of an agent that is another product's: as if it never was (R2)", async () => {
    const [mine, other] = [await product(), await product()]
    await anAgent(mine)
    const foreign = await anAgent(other)
    const { status, body } = await server.as(actor)('POST', `/v1/products/${mine}/commands`, { type: 'scan-now', agentIds: [foreign] })
    expect([status, body.code]).toEqual([404, 'agent.not-found'])
  })

  it('steps as the engine shows them; only its evidence makes "succeeded"', async () => {
    const productId = await product()
    const agentId = await anAgent(productId)
    const { body } = await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' })
    const commandId = body.commands[0].id as string
    await server.database.transaction(all(), async (db) => {
      await takeWaiting(db, agentId, false, new Date())
      const at = new Date().toISOString()
      await applyOutcomes(
        db,
        [
          { agentId, item: { kind: 'outcome', commandId, at, step: 'running', evidence: {} } },
          { agentId, item: { kind: 'outcome', commandId, at, step: 'succeeded', evidence: { threatsFound: 1, quarantined: 1 } } },
          { agentId, item: { kind: 'outcome', commandId, at, step: 'failed', evidence: { reason: 'late' } } },
        ],
        new Date(),
      )
    })
    const { body: after } = await server.as(actor)('GET', `/v1/commands/${commandId}`)
    expect(after.steps.map((step: { step: string }) => step.step)).toEqual(['waiting', 'delivered', 'running', 'succeeded'])
    expect(after.evidence).toEqual({ threatsFound: 1, quarantined: 1 })
  })

  it('end honestly: never handed over is expired, handed over without word is unknown (R15)', async () => {
    const productId = await product()
    const agentId = await anAgent(productId)
    const order = async () =>
      (await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'stop-scan' })).body.commands[0].id as string
    const delivered = await order()
    await server.database.transaction(all(), (db) => takeWaiting(db, agentId, false, new Date()))
    const waiting = await order()
    server.clock.add(16 * 60_000)
    await endCommands.run(server.services)
    await endCommands.run(server.services)
    server.clock.set(new Date())
    const step = async (id: string) => (await server.as(actor)('GET', `/v1/commands/${id}`)).body
    expect([(await step(delivered)).step, (await step(waiting)).step]).toEqual(['unknown', 'expired'])
    expect((await step(waiting)).steps.map((one: { step: string }) => one.step)).toEqual(['waiting', 'expired'])
  })

  it('leave an audit record that says who told whom what (ACC-11)', async () => {
    const productId = await product()
    await anAgent(productId)
    await server.as(actor)('POST', `/v1/products/${productId}/commands`, { type: 'synchronise' })
    const { rows } = await server.database.owner.query(
      `select actor_id, object_id from audit where activity = 'command.sent' order by sequence desc limit 1`,
    )
    expect(rows).toEqual([{ actor_id: actor.accountId, object_id: productId }])
  })
})
