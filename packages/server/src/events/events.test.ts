import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let owner: Actor
let partnerId: string
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
})
afterAll(() => server.close())

/** An event with its customer and product, made past the wall. */
async function anEvent(
  event: { condition?: string; severity?: string; state?: string; raisedAt?: string; company?: string; isAgentReady?: boolean } = {},
) {
  const customerId = await aCustomer(server.database, partnerId, { company: event.company ?? 'Boulangerie Martin' })
  const productId = await aProduct(server.database, partnerId, customerId)
  const id = newId()
  const severity = event.severity ?? 'action-required'
  await server.database.owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, figures, opened_at, last_raised_at)
     values ($1, $2, $3, $4, 'antivirus', $5, $6, $7, $8, '{"infections": 2}', $9, $9)`,
    [
      partnerId,
      id,
      customerId,
      productId,
      event.condition ?? 'uncleaned',
      severity,
      severity === 'action-required' ? 2 : 1,
      event.state ?? 'unresolved',
      event.raisedAt ?? '2026-11-21T08:00:00Z',
    ],
  )
  if (event.isAgentReady !== false) {
    await server.database.owner.query(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
       values ($1, $2, $3, $4, $5, 'srv', 'Debian', $6, '0.1.0', 1, '[{"type": "scan-now", "isSupported": true, "reason": null}]', now())`,
      [partnerId, newId(), customerId, productId, Buffer.from(id), 'b'.repeat(64)],
    )
  }
  return { id, customerId, productId }
}

describe('events (EVT-4, EVT-6)', () => {
  it('lists the open ones unless others are asked for, worst first on demand', async () => {
    const warning = await anEvent({ severity: 'warning', condition: 'many-incidents', raisedAt: '2026-11-21T09:00:00Z' })
    const action = await anEvent()
    const resolved = await anEvent({ state: 'resolved' })
    const ids = async (query: string) =>
      (await server.as(owner)('GET', `/v1/events?${query}`)).body.rows.map((row: { id: string }) => row.id) as string[]
    const mine = (list: string[]) => list.filter((id) => [warning.id, action.id, resolved.id].includes(id))
    expect(mine(await ids(''))).toEqual([warning.id, action.id])
    expect(mine(await ids('sort=-severity'))).toEqual([action.id, warning.id])
    expect(mine(await ids('state=resolved'))).toEqual([resolved.id])
    expect(mine(await ids('severity=warning'))).toEqual([warning.id])
  })

  it('lists those of a group of categories, which the counts of customers link to (CUS-2)', async () => {
    const threat = await anEvent()
    const ids = async (query: string) =>
      (await server.as(owner)('GET', `/v1/events?customerId=${threat.customerId}&${query}`)).body.rows.map(
        (row: { id: string }) => row.id,
      ) as string[]
    expect([await ids('group=threat'), await ids('group=system,licence'), await ids('group=system,threat')]).toEqual([
      [threat.id],
      [],
      [threat.id],
    ])
    expect((await server.as(owner)('GET', '/v1/events?group=weather')).status).toBe(400)
  })

  it.each(['lastRaisedAt', '-lastRaisedAt', 'openedAt', 'severity', '-severity', 'customer', '-customer'])(
    'pages by %s without losing or repeating one',
    async (sort) => {
      const customer = await aCustomer(server.database, partnerId, { company: `Paged ${sort}` })
      for (let i = 0; i < 7; i++) {
        const productId = await aProduct(server.database, partnerId, customer)
        await server.database.owner.query(
          `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at) values ($1, gen_random_uuid(), $2, $3, 'antivirus', 'x', 'warning', 1, 'unresolved', $4, $4)`,
          [partnerId, customer, productId, `2026-11-21T08:0${i % 3}:00Z`],
        )
      }
      const seen: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const { body } = await server.as(owner)(
          'GET',
          `/v1/events?customerId=${customer}&sort=${sort}&limit=3${cursor ? `&cursor=${cursor}` : ''}`,
        )
        seen.push(...body.rows.map((row: { id: string }) => row.id))
        cursor = body.nextCursor
      }
      expect([seen.length, new Set(seen).size]).toEqual([7, 7])
    },
  )

  it('explains itself: index with its origin, figures, endpoints, what mends it', async () => {
    const event = await anEvent()
    await server.database.owner.query(
      `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", open_infections) values ($1, $2, $3, $4, 'k', 'srv-1', 'servers', 2)`,
      [partnerId, newId(), event.customerId, event.productId],
    )
    await server.database.owner.query(
      `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
       select partner_id, gen_random_uuid(), customer_id, product_id, id, 'antivirus', 'Eicar', '/tmp/' || n, sha256(n::text::bytea), now() from endpoint, generate_series(1, 2) n where product_id = $1`,
      [event.productId],
    )
    const { body } = await server.as(owner)('GET', `/v1/events/${event.id}`)
    expect(body).toMatchObject({
      figures: { infections: 2 },
      indexes: [
        { name: 'incidents', value: 15, from: 'default' },
        { name: 'unprotected', value: 1, from: 'default' },
        { name: 'mailServers', value: 1, from: 'default' },
        { name: 'infections', value: 1, from: 'default' },
      ],
      endpoints: [{ name: 'srv-1', infections: 2 }],
      resolvedBy: [{ type: 'scan-now', isPossible: true, reason: null }],
    })
  })

  it.each([
    [
      'the engine can’t',
      `update agent set commands = '[{"type": "scan-now", "isSupported": false, "reason": "engine-missing"}]'`,
      'engine-missing',
    ],
    ['no engine there knows it', `update agent set commands = '[]'`, 'not-supported'],
    ['it is disabled', `update agent set switch = 'disabled'`, 'agent-disabled'],
    ['no agent has registered', 'delete from agent', 'agent-pending'],
  ])('what mends it is offered with its reason where %s, on the dashboard too (AGT-3)', async (_, change, reason) => {
    const event = await anEvent({ raisedAt: new Date().toISOString() })
    await server.database.owner.query(`${change} where product_id = $1`, [event.productId])
    const mending = [{ type: 'scan-now', isPossible: false, reason }]
    expect((await server.as(owner)('GET', `/v1/events/${event.id}`)).body.resolvedBy).toEqual(mending)
    const { newest } = (await server.as(owner)('GET', '/v1/figures/notifications')).body.value
    expect(newest.find(({ id }: { id: string }) => id === event.id).resolvedBy).toEqual(mending)
  })

  it('reset counts from now, says who, and is refused once resolved, and where nothing is counted', async () => {
    const event = await anEvent({ condition: 'many-incidents' })
    const { status, body } = await server.as(owner)('POST', `/v1/events/${event.id}/reset`)
    expect([status, Date.parse(body.resetAt) > Date.now() - 60_000]).toEqual([200, true])
    const { body: detail } = await server.as(owner)('GET', `/v1/events/${event.id}`)
    expect(detail.steps).toMatchObject([{ what: 'reset', by: 'Ada Test' }])
    const { rows } = await server.database.owner.query('select due_at <= now() as is_due from assessment_due where product_id = $1', [
      event.productId,
    ])
    expect(rows).toEqual([{ is_due: true }])
    const done = await anEvent({ condition: 'many-incidents', state: 'resolved' })
    expect((await server.as(owner)('POST', `/v1/events/${done.id}/reset`)).body.code).toBe('event.resolved-already')
    for (const condition of ['uncleaned', 'real-time-scan-off'])
      expect((await server.as(owner)('POST', `/v1/events/${(await anEvent({ condition })).id}/reset`)).body.code).toBe('event.not-counted')
  })

  it('resolve sends the command and waits for the product; a second click sends nothing more (EVT-2)', async () => {
    const event = await anEvent()
    const first = await server.as(owner)('POST', `/v1/events/${event.id}/resolve`)
    expect([first.status, first.body.event.state, first.body.commands.map((command: { type: string }) => command.type)]).toEqual([
      200,
      'pending',
      ['scan-now'],
    ])
    const second = await server.as(owner)('POST', `/v1/events/${event.id}/resolve`)
    expect(second.body.commands.map((command: { id: string }) => command.id)).toEqual([first.body.commands[0].id])
  })

  it.each([
    ['nothing mends a real-time scan that is off but somebody there', { condition: 'real-time-scan-off' }, 'event.no-command-resolves'],
    ['no agent is there to be told', { isAgentReady: false }, 'command.target-unregistered'],
  ])('resolve says why not: %s', async (_, shape, code) => {
    const event = await anEvent(shape)
    expect((await server.as(owner)('POST', `/v1/events/${event.id}/resolve`)).body.code).toBe(code)
    expect((await server.as(owner)('GET', `/v1/events/${event.id}`)).body.state).toBe('unresolved')
  })

  it('exports what is shown, in the reader’s words, formulas defused (R36)', async () => {
    await anEvent({ company: '=HYPERLINK("x")' })
    const { body } = await server.as(owner)('GET', '/v1/events.csv?q=HYPERLINK')
    expect(body).toContain(`"'=HYPERLINK(""x"")"`)
    expect(body).toContain('Action required')
  })

  it('exports the same rows as a spreadsheet, and no other format (EVT-4)', async () => {
    const { status, headers } = await server.as(owner)('GET', '/v1/events.csv?q=HYPERLINK&format=xlsx')
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'attachment; filename="events.xlsx"',
    ])
    expect((await server.as(owner)('GET', '/v1/events.csv?format=pdf')).body).toMatchObject({
      code: 'request.invalid',
      fields: [{ path: 'format', code: 'not-a-choice' }],
    })
    expect((await server.as(owner)('GET', '/v1/events?format=xlsx')).body.code).toBe('request.invalid')
  })
})

describe('assessment indexes (EVT-3)', () => {
  it('a customer’s own value, back to inherited, and bounds', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const set = (body: object) => server.as(owner)('PUT', '/v1/indexes', body)
    const index = async () =>
      (await server.as(owner)('GET', `/v1/indexes?customerId=${customerId}`)).body.rows.find(
        (row: { category: string; name: string }) => row.category === 'antivirus',
      )
    expect(await index()).toMatchObject({ value: 15, from: 'default', min: 1, max: 10_000 })
    await set({ category: 'antivirus', name: 'incidents', value: 20, customerId: null })
    await set({ category: 'antivirus', name: 'incidents', value: 3, customerId })
    expect(await index()).toMatchObject({ value: 3, from: 'customer' })
    await set({ category: 'antivirus', name: 'incidents', value: null, customerId })
    expect(await index()).toMatchObject({ value: 20, from: 'business' })
    await set({ category: 'antivirus', name: 'incidents', value: null, customerId: null })
    const tooSmall = await set({ category: 'antivirus', name: 'incidents', value: 0, customerId })
    expect([tooSmall.status, tooSmall.body.fields[0]]).toMatchObject([422, { path: 'value', code: 'too-small' }])
    expect((await set({ category: 'nonsense', name: 'incidents', value: 1, customerId })).body.code).toBe('index.out-of-range')
  })

  it('the business’s own value is not for an account that sees some of its customers: neither set nor taken back (ACC-14, R2)', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const limited = await anActor(server.database, partnerId, { role: 'administrator', isScopeLimited: true })
    await server.database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`,
      [partnerId, limited.accountId, customerId],
    )
    const of = (value: number | null, whose: string | null) => ({ category: 'antivirus', name: 'incidents', value, customerId: whose })
    await server.as(owner)('PUT', '/v1/indexes', of(20, null))
    for (const value of [null, 30]) {
      const { status, body } = await server.as(limited)('PUT', '/v1/indexes', of(value, null))
      expect([status, body.code]).toEqual([403, 'permission.missing'])
    }
    expect((await server.as(limited)('PUT', '/v1/indexes', of(4, customerId))).status).toBe(200)
    const { rows } = await server.database.owner.query(`select value from index_value where partner_id = $1 and customer_id is null`, [
      partnerId,
    ])
    expect(rows).toEqual([{ value: 20 }])
    await server.as(owner)('PUT', '/v1/indexes', of(null, null))
  })
})
