import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let owner: Actor
let eventId: string
const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows

beforeAll(async () => {
  server = await testServer()
  const partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
  const customerId = await aCustomer(server.database, partnerId)
  const productId = await aProduct(server.database, partnerId, customerId)
  const endpoints = [newId(), newId()]
  for (const [n, id] of endpoints.entries())
    await rows(
      `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, $5, $6, 'servers')`,
      [partnerId, id, customerId, productId, `k${n}`, `pc-${n}`],
    )
  eventId = newId()
  await rows(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at) values ($1, $2, $3, $4, 'antivirus', 'many-incidents', 'warning', 1, 'unresolved', now() - interval '1 hour', now())`,
    [partnerId, eventId, customerId, productId],
  )
  const detect = (threat: string, object: string, endpoint: number, minutesAgo: number, category = 'antivirus') =>
    rows(
      `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
       values ($1, $2, $3, now() - $4 * interval '1 minute', decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), $5, $6, $7, $8, 'deleted', 'clamav', now(), now())`,
      [partnerId, customerId, productId, minutesAgo, endpoints[endpoint], category, threat, object],
    )
  for (let n = 0; n < 5; n++) await detect('Eicar', `/srv/${n}`, 0, 10 + n)
  await detect('Eicar', '/srv/0', 1, 30)
  await detect('=HYPERLINK("x")', '/srv/shared', 1, 100)
  await detect('Too.Old', '/srv/old', 0, 130) // before the hour before it opened
  await detect('Other', 'http://evil.example', 0, 5, 'web-reputation')
})
afterAll(() => server.close())

const ask = async (query: string) => (await server.as(owner)('GET', `/v1/events/${eventId}/findings?${query}`)).body

describe('what an event is made of (EVT-4)', () => {
  it.each([
    [
      'threat',
      [
        ['Eicar', 6, 2],
        ['=HYPERLINK("x")', 1, 1],
      ],
    ],
    [
      'endpoint',
      [
        ['pc-0', 5, 1],
        ['pc-1', 2, 1],
      ],
    ],
  ])('by %s, most first; only of its category, from the hour before it opened', async (by, expected) => {
    const body = await ask(`by=${by}`)
    expect([
      body.rows.map((row: Record<string, unknown>) => [row['name'], row['detections'], row['endpoints']]),
      body.isWhole,
      body.nextCursor,
    ]).toEqual([expected, true, null])
  })

  it.each(['-detections', 'name', '-lastAt'])('pages by %s without losing or repeating one', async (sort) => {
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const body: { rows: { name: string }[]; nextCursor: string | null } = await ask(
        `by=object&sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...body.rows.map(({ name }) => name))
      cursor = body.nextCursor
    }
    expect(seen.toSorted()).toEqual(['/srv/0', '/srv/1', '/srv/2', '/srv/3', '/srv/4', '/srv/shared'])
  })

  it('as CSV, formulas defused (R36), noted in the audit', async () => {
    const { body } = await server.as(owner)('GET', `/v1/events/${eventId}/findings.csv?by=threat`)
    expect(body).toContain(`"'=HYPERLINK(""x"")",1,1,`)
    expect(body).toContain('Threat,Detections')
  })

  it('is not for whoever may not see detections', async () => {
    const portal = await anActor(server.database, owner.partnerId, { role: 'portal-viewer' })
    expect((await server.as(portal)('GET', `/v1/events/${eventId}/findings`)).body.code).toBe('permission.missing')
  })
})
