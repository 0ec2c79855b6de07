import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { followWindows } from '../maintenance/jobs.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { createAssessor, type Assessor } from './assessor.ts'
import { wakeDue } from './waking.ts'

let server: TestServer
let assessor: Assessor
let owner: Actor
let partnerId: string
let call: ReturnType<TestServer['as']>
beforeAll(async () => {
  server = await testServer()
  assessor = createAssessor(server.services)
})
afterAll(() => server.close())
beforeEach(async () => {
  server.clock.set(new Date('2026-11-21T12:00:00Z'))
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
  await rows('update account set is_told_of_events = true where id = $1', [owner.accountId])
  call = server.as(owner)
})

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const pass = (minutes: number) => server.clock.add(minutes * 60_000)
/** What a minute brings. */
const tick = async () => {
  await followWindows.run(server.services)
  await wakeDue.run(server.services)
  for (; (await assessor.assessDue()) > 0;);
}
async function aSite() {
  const customerId = await aCustomer(server.database, partnerId, { company: 'Boulangerie Martin' })
  const productId = await aProduct(server.database, partnerId, customerId)
  const endpointId = newId()
  await rows(
    `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, 'k', 'srv-1', 'servers')`,
    [partnerId, endpointId, customerId, productId],
  )
  /** Exactly these files are infected now, and it is assessed. */
  const infected = async (...files: string[]) => {
    const now = server.clock.now()
    await rows(
      `update infection set closed_at = $2, closed_how = 'cleaned' where product_id = $1 and closed_at is null and not object = any($3)`,
      [productId, now, files],
    )
    for (const file of files) {
      await rows(
        `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at) values ($1, $2, $3, $4, $5, 'antivirus', 'Eicar', $6, $7, $8)
         on conflict (partner_id, endpoint_id, category, object_hash) where closed_at is null do nothing`,
        [partnerId, newId(), customerId, productId, endpointId, file, createHash('sha256').update(file).digest(), now],
      )
    }
    await rows(
      'insert into assessment_due (partner_id, product_id, customer_id, due_at) values ($1, $2, $3, $4) on conflict (partner_id, product_id) do update set due_at = excluded.due_at',
      [partnerId, productId, customerId, now],
    )
    await tick()
  }
  return { customerId, productId, infected }
}
type Site = Awaited<ReturnType<typeof aSite>>
const eventsOf = async ({ productId }: Site) =>
  (await rows('select id, state, count, silence_id is not null as "isSilent" from event where product_id = $1 order by opened_at', [
    productId,
  ])) as { id: string; state: string; count: number; isSilent: boolean }[]
const mails = async () => (await rows('select count(*)::integer as n from outbox where partner_id = $1', [partnerId]))[0].n as number
const snooze = async (site: Site, until: string | null) => {
  const [event] = await eventsOf(site)
  expect(
    (await call('POST', '/v1/events/silence', { ids: [event!.id], kind: 'snoozed', reason: 'Cleaned by hand', until })).body.changed,
  ).toHaveLength(1)
}

describe('an infection soon after one that is over (EVT-9): the event goes on', () => {
  it('of the same file: flapping, told once; of another file: whoever saw the first one end is told', async () => {
    const site = await aSite()
    await site.infected('/a')
    expect(await mails()).toBe(1)
    pass(12)
    await site.infected()
    pass(2)
    await site.infected('/a')
    expect([await eventsOf(site), await mails()]).toEqual([[expect.objectContaining({ state: 'unresolved', count: 2 })], 1])
    await site.infected()
    pass(2)
    await site.infected('/a', '/b')
    expect([await eventsOf(site), await mails()]).toEqual([[expect.objectContaining({ state: 'unresolved', count: 3 })], 2])
    // it grows while it is open: whoever looks sees it
    pass(12)
    await site.infected('/a', '/b', '/c')
    expect(await mails()).toBe(2)
  })

  it('files that come and go every minute are one mail in ten; what is still there then is told then, by itself', async () => {
    const site = await aSite()
    await site.infected('/0')
    for (let n = 1; n <= 4; n++) {
      pass(1)
      await site.infected()
      pass(1)
      await site.infected(`/${n}`)
    }
    expect([(await eventsOf(site)).map(({ count }) => count), await mails()]).toEqual([[5], 1])
    pass(1)
    await tick()
    expect(await mails()).toBe(1)
    pass(1)
    await tick()
    await tick()
    expect(await mails()).toBe(2)
  })

  it('what is over by then is told to nobody; the same file that comes again still is, for nobody knows of it', async () => {
    const site = await aSite()
    await site.infected('/a')
    pass(1)
    await site.infected()
    pass(1)
    await site.infected('/b')
    pass(1)
    await site.infected()
    pass(8)
    await tick()
    expect(await mails()).toBe(1)
    await site.infected('/b')
    expect(await mails()).toBe(2)
  })

  it('a snooze for as long as the event lasts was not for this one: it ends, and tells; one with an end was', async () => {
    const [endless, dated] = [await aSite(), await aSite()]
    for (const site of [endless, dated]) await site.infected('/a')
    await snooze(endless, null)
    await snooze(dated, '2026-11-22T12:00:00Z')
    for (const site of [endless, dated]) await site.infected()
    pass(2)
    const before = await mails()
    await endless.infected('/a')
    expect([await eventsOf(endless), await mails()]).toEqual([[expect.objectContaining({ state: 'unresolved', isSilent: true })], before])
    await endless.infected()
    await endless.infected('/b')
    expect([await eventsOf(endless), await mails()]).toEqual([
      [expect.objectContaining({ state: 'unresolved', isSilent: false })],
      before + 1,
    ])
    await dated.infected('/b')
    expect([await eventsOf(dated), await mails()]).toEqual([[expect.objectContaining({ state: 'unresolved', isSilent: true })], before + 1])
    const counts = async ({ customerId }: Site) =>
      (await rows('select action_required_count as n from customer where id = $1', [customerId]))[0].n
    expect([await counts(endless), await counts(dated)]).toEqual([1, 0])
    pass(24 * 60)
    await tick()
    expect(await mails()).toBe(before + 2)
  })

  it('in a maintenance window: told when it ends, though the event was told of before it', async () => {
    const [site, calm] = [await aSite(), await aSite()]
    for (const one of [site, calm]) await one.infected('/a')
    expect(await mails()).toBe(2)
    expect(
      (
        await call('POST', '/v1/maintenance', {
          name: 'Ovens',
          reason: '',
          target: { kind: 'all' },
          groups: ['threat'],
          schedule: { kind: 'once', from: '2026-11-21', time: '12:00' },
          durationMinutes: 60,
          timeZone: 'UTC',
        })
      ).status,
    ).toBe(200)
    await tick()
    await site.infected()
    pass(1)
    await site.infected('/b')
    expect([(await eventsOf(site)).map(({ isSilent }) => isSilent), await mails()]).toEqual([[true], 2])
    pass(60)
    await tick()
    expect([(await eventsOf(site)).map(({ isSilent }) => isSilent), await mails()]).toEqual([[false], 3])
  })
})
