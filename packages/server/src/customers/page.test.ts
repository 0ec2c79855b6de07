import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, type TestDatabase } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { customerOfRegistration } from './index.ts'

let server: TestServer
let actor: Actor
let partnerId: string
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId, { role: 'owner', isPrimary: true })
})
afterAll(() => server.close())
const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  server.as(actor)(method, path, body, headers)

describe('registration credentials (CUS-6)', () => {
  const verify = (userName: string, password: string) => customerOfRegistration(server.services, userName, password, server.clock.now())
  const make = async (customerId: string, graceHours: number) =>
    (await call('POST', `/v1/customers/${customerId}/credentials`, { graceHours })).body as {
      credentials: { userName: string; previousEndsAt: string | null }
      password: string
    }

  it('made once, shown once, kept as a hash, and good for this customer alone', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    expect((await call('GET', `/v1/customers/${customerId}/credentials`)).body).toEqual({ credentials: null })
    const { credentials, password } = await make(customerId, 0)
    expect(await verify(credentials.userName, password)).toEqual({ partnerId, customerId })
    expect(JSON.stringify((await call('GET', `/v1/customers/${customerId}/credentials`)).body)).not.toContain(password)
    const {
      rows: [row],
    } = await server.database.owner.query('select password_hash from registration_credential where customer_id = $1', [customerId])
    expect(row.password_hash).toMatch(/^\$argon2id\$/)
    expect(JSON.stringify((await call('GET', `/v1/audit?customerId=${customerId}`)).body)).not.toContain(password)
    for (const [name, word] of [
      [credentials.userName, `${password}x`],
      [credentials.userName, ''],
      ['v-nobody', password],
    ] as const)
      expect(await verify(name, word)).toBeNull()
  })

  it('rotated at once: the old one ends', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const first = await make(customerId, 0)
    const second = await make(customerId, 0)
    expect(second.credentials.userName).toBe(first.credentials.userName)
    expect([
      await verify(first.credentials.userName, first.password),
      (await verify(second.credentials.userName, second.password))?.customerId,
    ]).toEqual([null, customerId])
  })

  it('rotated with a grace: both until it ends, then the new one alone', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const first = await make(customerId, 0)
    const second = await make(customerId, 24)
    expect(second.credentials.previousEndsAt).not.toBeNull()
    expect((await verify(first.credentials.userName, first.password))?.customerId).toBe(customerId)
    server.clock.add(24 * 3_600_000 + 1_000)
    expect([
      await verify(first.credentials.userName, first.password),
      (await verify(second.credentials.userName, second.password))?.customerId,
    ]).toEqual([null, customerId])
    expect((await call('GET', `/v1/customers/${customerId}/credentials`)).body.credentials.previousEndsAt).toBeNull()
    server.clock.set(new Date())
  })

  it('removed: nothing registers with them', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const { credentials, password } = await make(customerId, 0)
    expect((await call('DELETE', `/v1/customers/${customerId}/credentials`)).status).toBe(200)
    expect(await verify(credentials.userName, password)).toBeNull()
    expect((await call('DELETE', `/v1/customers/${customerId}/credentials`)).body.code).toBe('credentials.none')
  })

  it('a retried call makes another password: the first is shown to nobody twice', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const ask = () => call('POST', `/v1/customers/${customerId}/credentials`, { graceHours: 0 }, { 'idempotency-key': 'same' })
    const [first, second] = [await ask(), await ask()]
    expect(first.body.password).not.toBe(second.body.password)
  })
})

describe('who sees this customer, and why (ACC-14)', () => {
  const lines: [string, [effect: string, target: string, endsAt?: string][], string[] | null][] = [
    ['a line over all', [['allow', 'all']], ['all']],
    ['its tag', [['allow', 'tag:gold']], ['tag gold']],
    [
      'its own line and its tag',
      [
        ['allow', 'customer'],
        ['allow', 'tag:gold'],
      ],
      ['customer', 'tag gold'],
    ],
    [
      'all but this',
      [
        ['allow', 'all'],
        ['deny', 'customer'],
      ],
      null,
    ],
    ['a line past its end', [['allow', 'all', '2020-01-01']], null],
    ['another tag', [['allow', 'tag:silver']], null],
    ['nothing', [], null],
  ]
  it.each(lines)('%s', async (_, scope, because) => {
    const customerId = await aCustomer(server.database, partnerId, { tags: ['gold'] })
    const other = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    await scopeOf(server.database, other, scope, customerId)
    const { body } = await call('GET', `/v1/customers/${customerId}/viewers`)
    const found = body.rows.find((row: { accountId: string }) => row.accountId === other.accountId)
    const said =
      found === undefined ? null : found.because.map((one: { kind: string; tag?: string }) => [one.kind, one.tag].filter(Boolean).join(' '))
    expect(said).toEqual(because)
    // what is said is what is so
    expect((await server.as(other)('GET', `/v1/customers/${customerId}`)).status).toBe(because === null ? 404 : 200)
    expect(body.rows[0]).toMatchObject({ accountId: actor.accountId, because: [{ kind: 'sees-all' }] })
  })
})

async function scopeOf(
  database: TestDatabase,
  { accountId }: Actor,
  scope: [effect: string, target: string, endsAt?: string][],
  customerId: string,
): Promise<void> {
  for (const [position, [effect, target, endsAt]] of scope.entries()) {
    const [kind, tag] = target.split(':')
    await database.owner.query(
      'insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag, ends_at) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8)',
      [partnerId, accountId, position, effect, kind, kind === 'customer' ? customerId : null, tag ?? null, endsAt ?? null],
    )
  }
}

describe('two people edit one customer (CUS-3)', () => {
  it('the second is told who was first, and when', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const profile = { company: 'Bakery', country: 'FR' }
    const other = await anActor(server.database, partnerId, { role: 'technician' })
    expect((await server.as(other)('PATCH', `/v1/customers/${customerId}`, { profile }, { 'if-match': '1' })).status).toBe(200)
    const second = await call('PATCH', `/v1/customers/${customerId}`, { profile }, { 'if-match': '1' })
    expect(second.body).toMatchObject({ status: 412, code: 'request.changed-meanwhile', data: { changedBy: 'Ada Test' } })
    expect(Math.abs(Date.parse(second.body.data.changedAt) - Date.now())).toBeLessThan(60_000)
    expect((await call('PATCH', `/v1/customers/${customerId}`, { profile })).body.code).toBe('request.precondition-missing')
  })
  it('a contact too', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const contact = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com', phone: '', locale: 'en' }
    const {
      body: { id },
    } = await call('POST', `/v1/customers/${customerId}/contacts`, contact)
    await call('PATCH', `/v1/customers/${customerId}/contacts/${id}`, contact, { 'if-match': '1' })
    expect((await call('PATCH', `/v1/customers/${customerId}/contacts/${id}`, contact, { 'if-match': '1' })).body).toMatchObject({
      code: 'request.changed-meanwhile',
      data: { changedBy: 'Ada Test' },
    })
  })
})

describe('a contact that is removed (CUS-4)', () => {
  it('leaves its name where it consented, and nothing else', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const {
      body: { id },
    } = await call('POST', `/v1/customers/${customerId}/contacts`, {
      firstName: 'Zoé',
      lastName: 'Leroy',
      email: 'zoe.leroy@example.com',
      phone: '',
      locale: 'fr',
    })
    await call('POST', `/v1/customers/${customerId}/consent`, {
      activities: ['scan'],
      decision: 'given',
      saidBy: 'Zoé Leroy',
      saidOn: '2026-11-20',
    })
    expect((await call('DELETE', `/v1/customers/${customerId}/contacts/${id}`)).status).toBe(200)
    const { rows: columns } = await server.database.owner.query<{ table_name: string; column_name: string }>(
      `select table_name, column_name from information_schema.columns where table_schema = 'public' and column_name in ('contact_id', 'recipient')`,
    )
    for (const { table_name, column_name } of columns) {
      const { rows } = await server.database.owner.query(
        `select from ${table_name} where ${column_name}::text in ($1, 'zoe.leroy@example.com')`,
        [id],
      )
      expect(rows, `${table_name}.${column_name}`).toEqual([])
    }
    const { body } = await call('GET', `/v1/customers/${customerId}/consent/lines`)
    expect(body.rows[0].saidBy).toBe('Zoé Leroy')
  })
})
