import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAssessor, type Assessor } from '../assessment/index.ts'
import { wakeDue } from '../assessment/waking.ts'
import { followWindows } from '../maintenance/jobs.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { spreadAlerts } from './spreading.ts'

let server: TestServer
let assessor: Assessor
let owner: Actor
let partnerId: string
beforeAll(async () => {
  server = await testServer()
  assessor = createAssessor(server.services)
  partnerId = await aPartner(server.database, { kind: 'operator', name: 'Operations' })
  owner = await anActor(server.database, partnerId)
  await rows('update account set is_told_of_events = true where id = $1', [owner.accountId])
})
afterAll(() => server.close())

const products = 40
const rows = async (text: string, values: readonly unknown[] = []) => (await server.database.owner.query(text, [...values])).rows
const inHours = (count: number) => new Date(server.clock.now().getTime() + count * 3_600_000).toISOString()
/** Two customers, each with so many products, each with a computer that is unprotected. */
async function anEstate(): Promise<string[]> {
  const customerIds = [
    await aCustomer(server.database, partnerId, { company: 'Boulangerie Martin' }),
    await aCustomer(server.database, partnerId, { company: 'Clinique' }),
  ]
  for (const customerId of customerIds) {
    for (let n = 0; n < products; n++) {
      const productId = await aProduct(server.database, partnerId, customerId)
      await rows(
        `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", platform, real_time_scan, received_at, created_at) values ($1, $2, $3, $4, 'pc', 'pc', 'servers', 'Debian GNU/Linux 12', 'on', $5, $5)`,
        [partnerId, newId(), customerId, productId, server.clock.now()],
      )
    }
  }
  await rows('update product set last_seen_at = $2 where partner_id = $1', [partnerId, server.clock.now()])
  return customerIds
}
const infect = async (customerId: string, threat = 'Unix.SampleWorm-1') => {
  await rows(
    `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
     select e.partner_id, gen_random_uuid(), e.customer_id, e.product_id, e.id, 'antivirus', $2, '/' || $2, sha256($2::bytea), $3 from endpoint e where e.customer_id = $1`,
    [customerId, threat, server.clock.now()],
  )
  await rows('update endpoint set open_infections = 1 where customer_id = $1', [customerId])
  await rows(
    'insert into assessment_due (partner_id, product_id, customer_id, due_at) select partner_id, id, customer_id, $2 from product where customer_id = $1 on conflict (partner_id, product_id) do update set due_at = excluded.due_at',
    [customerId, server.clock.now()],
  )
}
/** What a minute brings; all that is due is done. */
async function minute(): Promise<void> {
  await spreadAlerts.run(server.services)
  await followWindows.run(server.services)
  await wakeDue.run(server.services)
  for (; (await assessor.assessDue()) > 0;);
}
/** Mails by what they are about, since the last look. */
let seen = 0
async function mails(): Promise<Record<string, number>> {
  const all = await rows(
    `select kind, content -> 'values' ->> 'category' as category, content -> 'values' ->> 'condition' as condition from outbox where partner_id = $1 order by created_at, id`,
    [partnerId],
  )
  const fresh = all.slice(seen).map(({ kind, category, condition }) => (category === null ? kind : `${category} ${condition}`) as string)
  seen = all.length
  return Object.fromEntries([...Map.groupBy(fresh, (one) => one)].map(([name, some]) => [name, some.length]))
}
const open = async (condition: string) =>
  (
    await rows(
      `select count(*)::integer as n from event where partner_id = $1 and category = 'outbreak-defence' and condition = $2 and state <> 'resolved'`,
      [partnerId, condition],
    )
  )[0].n as number

it('an alert at 40 products of each of two customers is one mail; computers to clean, one for each customer; so is what wakes together; in the list it is one line (EVT-4, EVT-5, NTF-4)', async () => {
  const call = server.as(owner)
  const [bakery, clinic] = await anEstate()
  await minute()
  expect(await mails()).toEqual({})
  expect(
    (await call('POST', '/v1/virus-alerts', { level: 'red', name: 'Sample worm', threats: ['SampleWorm'], endsAt: inHours(48) })).status,
  ).toBe(200)
  await minute()
  expect(await open('red-alert')).toBe(2 * products)
  expect(await mails()).toEqual({ 'virus-alert': 1 })

  const list = async (query: string) =>
    (await call('GET', `/v1/events?limit=100&${query}`)).body as { rows: { condition: string }[]; folded: object | null }
  const all = { category: 'outbreak-defence', count: 2 * products, customers: 2 }
  expect(await list('isFolded=true')).toMatchObject({ rows: [], folded: all })
  expect(await list(`isFolded=true&customerId=${bakery}&severity=action-required`)).toMatchObject({
    rows: [],
    folded: { count: products, customers: 1 },
  })
  expect(await list('isFolded=true&severity=warning')).toMatchObject({ rows: [], folded: null })
  for (const listed of ['isFolded=true&category=outbreak-defence', ''])
    expect(await list(listed)).toMatchObject({ rows: { length: 2 * products }, folded: null })
  // what is chosen at once is what is listed; the file holds everything
  expect((await call('GET', '/v1/events/matches?isFolded=true')).body).toMatchObject({ total: 0 })
  expect((await call('GET', '/v1/events.csv?isFolded=true')).body.trim().split('\r\n')).toHaveLength(2 * products + 1)

  // each product has two events of the same infection: the one mail of its customer speaks for all of them (EVT-9)
  await infect(bakery!)
  await infect(clinic!)
  await minute()
  expect(await open('to-clean')).toBe(2 * products)
  expect(
    (
      await rows(`select count(*)::integer as n from event where partner_id = $1 and condition = 'uncleaned' and state <> 'resolved'`, [
        partnerId,
      ])
    )[0].n,
  ).toBe(2 * products)
  expect(await mails()).toEqual({ 'outbreak-defence to-clean': 2 })
  const [mail] = await rows(
    `select content -> 'values' as content from outbox where partner_id = $1 and content -> 'values' ->> 'condition' = 'to-clean' and customer_id = $2`,
    [partnerId, bakery],
  )
  expect(mail.content).toMatchObject({ customer: 'Boulangerie Martin', figures: { endpoints: products }, endpointCount: products })
  expect(mail.content.product).toMatch(/ \(\+39\)$/)

  // maintenance of everything: nobody hears of the alert again at its end
  expect(
    (
      await call('POST', '/v1/maintenance', {
        name: 'Night',
        reason: '',
        target: { kind: 'all' },
        groups: ['threat'],
        schedule: {
          kind: 'once',
          from: server.clock.now().toISOString().slice(0, 10),
          time: server.clock.now().toISOString().slice(11, 16),
        },
        durationMinutes: 60,
        timeZone: 'UTC',
      })
    ).status,
  ).toBe(200)
  await minute()
  expect(
    (await rows(`select count(*)::integer as n from event where partner_id = $1 and silence_kind = 'maintenance'`, [partnerId]))[0].n,
  ).toBeGreaterThanOrEqual(4 * products)
  server.clock.add(61 * 60_000)
  await minute()
  expect((await rows(`select count(*)::integer as n from event where partner_id = $1 and silence_id is not null`, [partnerId]))[0].n).toBe(
    0,
  )
  expect(await mails()).toEqual({})

  // snoozed together, it wakes as one mail for each customer
  const ids = (
    await rows(`select id from event where partner_id = $1 and condition = 'red-alert' and state <> 'resolved'`, [partnerId])
  ).map(({ id }) => id as string)
  expect(
    (await call('POST', '/v1/events/silence', { ids, kind: 'snoozed', reason: 'Patching tonight', until: inHours(2) })).body.changed,
  ).toHaveLength(2 * products)
  server.clock.add(2 * 3_600_000 + 60_000)
  await minute()
  expect(await mails()).toEqual({ 'outbreak-defence red-alert': 2 })
})

it('an infection that no alert names is told by itself, beside the computers to clean; so is one of the alert when people heard of these long ago (NTF-4)', async () => {
  const customerId = await aCustomer(server.database, partnerId, { company: 'Garage' })
  const another = async () => {
    const productId = await aProduct(server.database, partnerId, customerId)
    await rows(
      `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", platform, real_time_scan, received_at, created_at) values ($1, $2, $3, $4, 'pc', 'pc', 'servers', 'Debian GNU/Linux 12', 'on', $5, $5)`,
      [partnerId, newId(), customerId, productId, server.clock.now()],
    )
    await rows('update product set last_seen_at = $2 where id = $1', [productId, server.clock.now()])
  }
  await another()
  await another()
  await minute()
  await mails()
  await infect(customerId)
  await rows(
    `update infection set threat = 'Unix.Other-2' where id = (select id from infection where customer_id = $1 order by id limit 1)`,
    [customerId],
  )
  await minute()
  expect(await mails()).toEqual({ 'outbreak-defence to-clean': 1, 'antivirus uncleaned': 1 })
  // the mail of the computers to clean is one for the alert, and an hour old
  server.clock.add(3_600_000)
  await another()
  await infect(customerId, 'Unix.SampleWorm-2')
  await minute()
  expect(await mails()).toEqual({ 'antivirus uncleaned': 1 })
})
