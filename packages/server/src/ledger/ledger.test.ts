import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { activities } from '@vigie/domain/consent'
import { applyOutcomes, takeWaiting } from '../commands/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { assertConsent, isViewAllowed, withoutConsent } from '../consent/index.ts'

let server: TestServer
let actor: Actor
let partnerId: string
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId, { role: 'administrator' })
})
afterAll(() => server.close())

const all = () => ({ partnerId, scope: 'all' as const, principalId: null })
const call = (method: string, path: string, body?: unknown) => server.as(actor)(method, path, body)
const line = (wanted: string[], decision: 'given' | 'withdrawn', more: object = {}) => ({
  activities: wanted,
  decision,
  saidBy: 'Camille Martin',
  saidOn: '2026-11-20',
  reference: 'Contract 12',
  ...more,
})
const say = (customerId: string, wanted: string[], decision: 'given' | 'withdrawn', more: object = {}) =>
  call('POST', `/v1/customers/${customerId}/consent`, line(wanted, decision, more))

async function anAgent(customerId: string): Promise<{ agentId: string; productId: string }> {
  const productId = await aProduct(server.database, partnerId, customerId)
  const agentId = newId()
  const takes = JSON.stringify(
    ['scan-now', 'stop-scan', 'update-components', 'synchronise'].map((type) => ({ type, isSupported: true, reason: null })),
  )
  await server.database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     values ($1, $2, $3, $4, $5, 'srv-1', 'Debian', $6, '0.1.0', 1, $7, now())`,
    [partnerId, agentId, customerId, productId, Buffer.from(agentId), 'a'.repeat(64), takes],
  )
  return { agentId, productId }
}
const order = (productId: string, type = 'scan-now') => call('POST', `/v1/products/${productId}/commands`, { type })
const stepsOf = async (commandId: string) =>
  (await call('GET', `/v1/commands/${commandId}`)).body.steps as { step: string; evidence: { reason?: string } }[]
const take = (agentId: string, isAnew = false) => server.database.transaction(all(), (db) => takeWaiting(db, agentId, isAnew, new Date()))

describe('the consent ledger (ACC-12)', () => {
  it('begins empty: every activity, none recorded, allowed with a notice', async () => {
    const { body } = await call('GET', `/v1/customers/${await aCustomer(server.database, partnerId)}/consent`)
    expect(body.standings.map((one: { activity: string }) => one.activity)).toEqual([...activities])
    expect(new Set(body.standings.map((one: { state: string; isAllowed: boolean }) => `${one.state} ${one.isAllowed}`))).toEqual(
      new Set(['not-recorded true']),
    )
  })

  it('the newest line decides; all lines stay', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    await say(customerId, ['scan', 'notify'], 'given')
    await say(customerId, ['scan'], 'withdrawn')
    const { body } = await call('GET', `/v1/customers/${customerId}/consent`)
    const found = Object.fromEntries(body.standings.map((one: { activity: string; state: string }) => [one.activity, one.state]))
    expect([found['scan'], found['notify'], found['configure']]).toEqual(['withdrawn', 'given', 'not-recorded'])
    const lines = await call('GET', `/v1/customers/${customerId}/consent/lines?activity=scan`)
    expect(
      lines.body.rows.map((one: { decision: string; saidBy: string; recordedBy: string }) => [one.decision, one.saidBy, one.recordedBy]),
    ).toEqual([
      ['withdrawn', 'Camille Martin', 'Ada Test'],
      ['given', 'Camille Martin', 'Ada Test'],
    ])
  })

  it('is append-only, also for the server itself', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    await say(customerId, ['scan'], 'given')
    for (const change of [
      `update consent set decision = 'withdrawn'`,
      'delete from consent',
      'delete from consent_document',
      `update consent_document set name = 'x'`,
    ]) {
      await expect(
        server.database.transaction(all(), (db) => db.query(change)),
        change,
      ).rejects.toThrow(/permission denied/)
    }
  })

  it('leaves an audit record without the file', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    await say(customerId, ['scan'], 'given', {
      document: { name: 'signed.pdf', content: Buffer.from('%PDF-1.7 secret').toString('base64') },
    })
    const { body } = await call('GET', `/v1/audit?customerId=${customerId}`)
    expect(body.rows[0]).toMatchObject({
      activity: 'consent.given',
      after: { activities: ['scan'], saidBy: 'Camille Martin', document: { name: 'signed.pdf' } },
    })
    expect(JSON.stringify(body.rows[0])).not.toContain(Buffer.from('secret').toString('base64').slice(0, 6))
  })

  it('goes with its customer, and blocks nothing (CUS-5)', async () => {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Gone' })
    await say(customerId, ['scan'], 'given', { document: { name: 'a.pdf', content: Buffer.from('%PDF-1.7').toString('base64') } })
    expect((await call('DELETE', `/v1/customers/${customerId}`, { confirmName: 'Gone' })).status).toBe(200)
  })

  it.each([
    ['no activity', { activities: [] }],
    ['an unknown activity', { activities: ['dance'] }],
    ['nobody', { saidBy: ' ' }],
    ['no day', { saidOn: 'yesterday' }],
    ['a web page as its document', { document: { name: 'a.pdf', content: Buffer.from('<html><script>').toString('base64') } }],
    [
      'a picture that is a drawing',
      { document: { name: 'a.png', content: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64') } },
    ],
  ])('refuses %s', async (_, wrong) => {
    const customerId = await aCustomer(server.database, partnerId)
    expect((await say(customerId, ['scan'], 'given', wrong)).body.code).toBe('request.invalid')
    expect((await call('GET', `/v1/customers/${customerId}/consent/lines`)).body.rows).toEqual([])
  })
})

describe('the document of a consent (R37)', () => {
  it('comes back as it was, as an attachment of a fixed type and name; the given name is never a header', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(900_000, 7)])
    const { body } = await say(customerId, ['scan'], 'given', {
      document: { name: 'evil".html\u2028', content: content.toString('base64') },
    })
    const answer = await call('GET', `/v1/customers/${customerId}/consent/lines/${body.lines[0].id}/document`)
    // sealed in the store: a copy of the disk shows nothing of it (R39)
    const {
      rows: [stored],
    } = await server.database.owner.query('select content, size_bytes from consent_document where customer_id = $1', [customerId])
    expect([stored.content.includes(content.subarray(0, 8)), stored.size_bytes, body.lines[0].document.sizeBytes]).toEqual([
      false,
      content.length,
      content.length,
    ])
    expect([answer.status, answer.headers['content-type'], answer.headers['content-disposition'], answer.headers['cache-control']]).toEqual(
      [200, 'application/pdf', `attachment; filename="consent-${body.lines[0].id}.pdf"`, 'no-store'],
    )
    expect(String(answer.headers['content-security-policy'])).toContain('sandbox')
    expect(Number(answer.headers['content-length'])).toBe(content.length)
  })
  it('larger than 1 MB is refused', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(1_000_100)]).toString('base64')
    expect((await say(customerId, ['scan'], 'given', { document: { name: 'a.pdf', content } })).body.code).toBe('request.invalid')
  })
  it('a line without one: not found', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const { body } = await say(customerId, ['scan'], 'given')
    expect((await call('GET', `/v1/customers/${customerId}/consent/lines/${body.lines[0].id}/document`)).body.code).toBe(
      'consent.no-document',
    )
  })
})

describe('commands need consent (ACC-12)', () => {
  it('withdrawn: refused, naming activity and date; given again: taken', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const { productId } = await anAgent(customerId)
    expect((await order(productId)).status).toBe(200)
    await say(customerId, ['scan'], 'withdrawn')
    const refused = await order(productId)
    expect([refused.status, refused.body.code, refused.body.data.activity, refused.body.data.state]).toEqual([
      409,
      'consent.missing',
      'scan',
      'withdrawn',
    ])
    expect((await order(productId, 'update-components')).status).toBe(200)
    // what only ends something needs none: the customer that says no would otherwise keep what it no longer wants
    expect((await order(productId, 'stop-scan')).status).toBe(200)
    await say(customerId, ['scan'], 'given')
    expect((await order(productId)).status).toBe(200)
  })

  it('a strict business refuses what is not recorded, but not what needs no consent', async () => {
    const strict = await aPartner(server.database)
    const owner = await anActor(server.database, strict, { role: 'owner' })
    const customerId = await aCustomer(server.database, strict)
    expect((await server.as(owner)('PUT', '/v1/consent/rule', { isStrict: true })).status).toBe(200)
    await server.database.transaction({ partnerId: strict, scope: 'all', principalId: null }, async (db) => {
      await expect(assertConsent(db, customerId, 'scan')).rejects.toThrow('consent.missing')
      expect(await isViewAllowed(db, customerId, 'notify')).toBe(false)
      expect(await withoutConsent(db, [customerId], 'scan')).toEqual(new Set([customerId]))
    })
    await server.as(owner)('POST', `/v1/customers/${customerId}/consent`, line(['scan'], 'given'))
    await server.database.transaction({ partnerId: strict, scope: 'all', principalId: null }, (db) => assertConsent(db, customerId, 'scan'))
  })
})

describe('consent withdrawn while a command runs (ACC-12)', () => {
  it('waiting ones are called off and never handed over; running ones go on with a note', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const { productId, agentId } = await anAgent(customerId)
    const running = (await order(productId)).body.commands[0].id as string
    await take(agentId)
    await server.database.transaction(all(), (db) =>
      applyOutcomes(
        db,
        [{ agentId, item: { kind: 'outcome', commandId: running, at: new Date().toISOString(), step: 'running', evidence: {} } }],
        new Date(),
      ),
    )
    const delivered = (await order(productId)).body.commands[0].id as string
    await take(agentId)
    const waiting = (await order(productId)).body.commands[0].id as string
    const other = (await order(productId, 'update-components')).body.commands[0].id as string
    const { body } = await say(customerId, ['scan'], 'withdrawn')
    expect([body.cancelledCommands, body.leftRunning]).toEqual([1, 2])
    expect((await stepsOf(waiting)).map(({ step, evidence }) => `${step} ${evidence.reason ?? ''}`.trim())).toEqual([
      'waiting',
      'failed no-consent',
    ])
    expect((await stepsOf(running)).at(-1)).toMatchObject({ step: 'running', evidence: { reason: 'consent-withdrawn' } })
    // the agent comes anew, having lost what it was given: the delivered scan is not given a second time
    expect((await take(agentId, true)).map((frame) => frame.order.commandId)).toEqual([other])
    // and what it says of the one it has still counts
    await server.database.transaction(all(), (db) =>
      applyOutcomes(
        db,
        [
          {
            agentId,
            item: { kind: 'outcome', commandId: delivered, at: new Date().toISOString(), step: 'succeeded', evidence: { threatsFound: 0 } },
          },
        ],
        new Date(),
      ),
    )
    expect((await call('GET', `/v1/commands/${delivered}`)).body.step).toBe('succeeded')
  })

  it('withdrawal and hand-over at the same moment: called off or handed over, never both', async () => {
    for (let round = 0; round < 25; round++) {
      const customerId = await aCustomer(server.database, partnerId)
      const { productId, agentId } = await anAgent(customerId)
      const commandId = (await order(productId)).body.commands[0].id as string
      const [frames, withdrawal] =
        round % 2 === 0
          ? await Promise.all([take(agentId), say(customerId, ['scan'], 'withdrawn')])
          : ((await Promise.all([say(customerId, ['scan'], 'withdrawn'), take(agentId)])).toReversed() as [
              Awaited<ReturnType<typeof take>>,
              Awaited<ReturnType<typeof say>>,
            ])
      expect(withdrawal.status).toBe(200)
      const { step } = (await call('GET', `/v1/commands/${commandId}`)).body
      const isHandedOver = frames.length === 1
      expect(step).toBe(isHandedOver ? 'delivered' : 'failed')
      expect(withdrawal.body.cancelledCommands + withdrawal.body.leftRunning).toBe(1)
      expect(await take(agentId, true)).toEqual([])
    }
  })

  it('the same, held still: a hand-over that has the row is waited for, a withdrawal that has it wins', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const { productId, agentId } = await anAgent(customerId)
    await order(productId)
    let withdrawal: ReturnType<typeof say> | undefined
    const frames = await server.database.transaction(all(), async (db) => {
      const handed = await takeWaiting(db, agentId, false, new Date())
      withdrawal = say(customerId, ['scan'], 'withdrawn')
      await waitsForLock()
      return handed
    })
    expect([frames.length, (await withdrawal!).body.cancelledCommands, (await withdrawal!).body.leftRunning]).toEqual([1, 0, 1])
  })

  it('withdrawal and sending at the same moment: nothing is left waiting', async () => {
    for (let round = 0; round < 15; round++) {
      const customerId = await aCustomer(server.database, partnerId)
      const { productId, agentId } = await anAgent(customerId)
      const [sent] = await Promise.all([order(productId), say(customerId, ['scan'], 'withdrawn')])
      expect([200, 409]).toContain(sent.status)
      expect(await take(agentId, true)).toEqual([])
    }
  })
})

/** Until some statement of this database waits for another's lock. */
async function waitsForLock(): Promise<void> {
  for (;;) {
    const { rowCount } = await server.database.owner.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rowCount !== 0) return
  }
}

describe('views need consent (ACC-12)', () => {
  async function withDetection() {
    const customerId = await aCustomer(server.database, partnerId, { company: 'Seen' })
    const { productId, agentId } = await anAgent(customerId)
    const endpointId = newId()
    await server.database.owner.query(
      `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") values ($1, $2, $3, $4, $5, 'k', 'pc-1', 'servers')`,
      [partnerId, endpointId, customerId, productId, agentId],
    )
    await server.database.owner.query(
      `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
       values ($1, $2, $3, now(), $4, $5, 'antivirus', 'Eicar', '/tmp/x', 'deleted', 'clamav', now(), now())`,
      [partnerId, customerId, productId, Buffer.from(endpointId.replaceAll('-', ''), 'hex'), endpointId],
    )
    return { customerId, productId, endpointId }
  }
  const customersIn = async (path: string) =>
    new Set(((await call('GET', path)).body.rows as { customerId: string }[]).map(({ customerId }) => customerId))

  it('withdrawn view-detections: left out of the whole list; a list about the customer says why', async () => {
    const [hidden, shown] = [await withDetection(), await withDetection()]
    await say(hidden.customerId, ['view-detections'], 'withdrawn')
    const seen = await customersIn('/v1/detections?limit=200')
    expect([seen.has(hidden.customerId), seen.has(shown.customerId)]).toEqual([false, true])
    for (const filter of [`customerId=${hidden.customerId}`, `productId=${hidden.productId}`, `endpointId=${hidden.endpointId}`]) {
      expect((await call('GET', `/v1/detections?${filter}`)).body, filter).toMatchObject({
        code: 'consent.missing',
        data: { activity: 'view-detections' },
      })
    }
    expect((await call('GET', `/v1/detections?customerId=${shown.customerId}`)).body.rows).toHaveLength(1)
    const { body } = await call('GET', '/v1/consent/withheld?activity=view-detections')
    expect(body.rows).toMatchObject([{ customerId: hidden.customerId, company: 'Seen', state: 'withdrawn' }])
  })

  it('withdrawn view-endpoints: neither list, detail nor export', async () => {
    const [hidden, shown] = [await withDetection(), await withDetection()]
    await say(hidden.customerId, ['view-endpoints'], 'withdrawn')
    const seen = await customersIn('/v1/endpoints?limit=200')
    expect([seen.has(hidden.customerId), seen.has(shown.customerId)]).toEqual([false, true])
    expect((await call('GET', `/v1/endpoints/${hidden.endpointId}`)).body.code).toBe('consent.missing')
    expect((await call('GET', `/v1/endpoints/${shown.endpointId}`)).status).toBe(200)
    expect((await call('GET', `/v1/endpoints.csv?customerId=${hidden.customerId}`)).body).toMatchObject({ code: 'consent.missing' })
    await say(hidden.customerId, ['view-endpoints'], 'given')
    expect((await call('GET', `/v1/endpoints/${hidden.endpointId}`)).status).toBe(200)
  })
})
