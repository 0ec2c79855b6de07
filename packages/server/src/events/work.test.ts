import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { assessProducts } from '../assessment/assessor.ts'
import { endOverSnoozes, wakeDue } from '../assessment/waking.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let owner: Actor
let partnerId: string
let call: ReturnType<TestServer['as']>
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => {
  server.clock.set(new Date())
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
  call = server.as(owner)
})

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const minute = 60_000
const day = 86_400_000
const at = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString()

interface Site {
  customerId: string
  productId: string
  endpointId: string
}
async function aSite(company = 'Boulangerie Martin', tags: string[] = []): Promise<Site> {
  const customerId = await aCustomer(server.database, partnerId, { company, tags })
  const productId = await aProduct(server.database, partnerId, customerId)
  const endpointId = newId()
  await rows(
    `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, 'k', 'srv-1', 'servers')`,
    [partnerId, endpointId, customerId, productId],
  )
  return { customerId, productId, endpointId }
}
/** So many files that could not be cleaned; what the assessment then makes of it. */
async function infect({ customerId, productId, endpointId }: Site, count: number) {
  await rows(`update infection set closed_at = $2, closed_how = 'cleaned' where product_id = $1 and closed_at is null`, [
    productId,
    server.clock.now(),
  ])
  await rows(
    `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
     select $1, gen_random_uuid(), $2, $3, $4, 'antivirus', 'Eicar', '/tmp/' || n, sha256(n::text::bytea), now() from generate_series(1, $5) n on conflict do nothing`,
    [partnerId, customerId, productId, endpointId, count],
  )
  await assess(productId)
}
const tenant = () => ({ partnerId, scope: 'all' as const, principalId: null })
const assess = (...ids: string[]) =>
  server.database.transaction(tenant(), (db) => assessProducts(db, server.services, ids, new Date(Date.now() + 400 * day)))
const eventOf = async ({ productId }: Site) =>
  (await rows('select id from event where product_id = $1 order by opened_at desc limit 1', [productId]))[0].id as string
async function anEvent(...site: Parameters<typeof aSite>) {
  const made = await aSite(...site)
  await infect(made, 2)
  return { ...made, id: await eventOf(made) }
}
const listed = async (query = '', as = call) =>
  (await as('GET', `/v1/events?${query}`)).body.rows.map((row: { id: string }) => row.id) as string[]
const detail = async (id: string, as = call) => (await as('GET', `/v1/events/${id}`)).body
const steps = async (id: string) => (await detail(id)).steps.map(({ what }: { what: string }) => what) as string[]
const counted = async ({ customerId }: Site) => (await call('GET', `/v1/customers/${customerId}`)).body.attention.actionRequired as number
const snooze = (ids: string[], more: object = {}) =>
  call('POST', '/v1/events/silence', { ids, kind: 'snoozed', reason: 'Replaced on Monday', until: null, ...more })
const mails = () => rows('select key from outbox where partner_id = $1', [partnerId])

describe('who works on an event (EVT-4)', () => {
  it('is written in the history and found by “mine” and “nobody’s”', async () => {
    const [mine, other] = [await anEvent(), await anEvent()]
    const { body } = await call('POST', '/v1/events/assignee', { ids: [mine.id], accountId: owner.accountId })
    expect(body).toEqual({ changed: [{ id: mine.id, before: null }], unchanged: 0, refused: [] })
    expect([
      await listed('assignee=me'),
      await listed('assignee=nobody'),
      (await listed('assignee=me,nobody')).length,
      await listed(`assignee=${owner.accountId}`),
    ]).toEqual([[mine.id], [other.id], 2, [mine.id]])
    expect((await detail(mine.id)).steps.at(-1)).toMatchObject({ what: 'assigned', by: 'Ada Test', details: { assignee: 'Ada Test' } })
    expect((await detail(mine.id)).assignee).toEqual({ id: owner.accountId, name: 'Ada Test' })
  })

  it('nobody gets an event of a customer that he does not see, nor one who may not act (ACC-14)', async () => {
    const [seen, unseen] = [await anEvent('Seen', ['gold']), await anEvent('Unseen')]
    const limited = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    await rows(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, tag) values ($1, gen_random_uuid(), $2, 0, 'allow', 'tag', 'gold')`,
      [partnerId, limited.accountId],
    )
    const { body } = await call('POST', '/v1/events/assignee', { ids: [seen.id, unseen.id], accountId: limited.accountId })
    expect([
      body.changed.map(({ id }: { id: string }) => id),
      body.refused.map(({ id, code }: { id: string; code: string }) => [id, code]),
    ]).toEqual([[seen.id], [[unseen.id, 'event.assignee-unfit']]])
    const reader = await anActor(server.database, partnerId, { role: 'read-only' })
    expect((await call('POST', '/v1/events/assignee', { ids: [seen.id], accountId: reader.accountId })).body.code).toBe(
      'event.assignee-unfit',
    )
    // and one who sees a part changes that part, the rest is not there for him (R2)
    const part = await server.as(limited)('POST', '/v1/events/assignee', { ids: [seen.id, unseen.id], accountId: null })
    expect([part.body.changed.length, part.body.refused]).toEqual([1, [{ id: unseen.id, event: null, code: 'event.not-found' }]])
    expect((await server.as(limited)('POST', '/v1/events/assignee', { ids: [unseen.id], accountId: null })).status).toBe(404)
  })

  it('is taken back only where nobody gave it on since', async () => {
    const [a, b] = [await anEvent(), await anEvent()]
    const colleague = await anActor(server.database, partnerId, { role: 'technician' })
    await call('POST', '/v1/events/assignee', { ids: [a.id, b.id], accountId: owner.accountId })
    await call('POST', '/v1/events/assignee', { ids: [b.id], accountId: colleague.accountId })
    const { body } = await call('POST', '/v1/events/assignee', { ids: [a.id, b.id], accountId: null, ifAssignedTo: owner.accountId })
    expect([body.changed.map(({ id }: { id: string }) => id), body.refused[0].code]).toEqual([[a.id], 'request.changed-meanwhile'])
  })

  it('the same request again answers the same and does nothing twice (Idempotency-Key)', async () => {
    const event = await anEvent()
    const again = () =>
      call('POST', '/v1/events/assignee', { ids: [event.id], accountId: owner.accountId }, { 'idempotency-key': 'one-and-the-same-intent' })
    expect((await again()).body).toEqual((await again()).body)
    expect((await steps(event.id)).filter((what) => what === 'assigned')).toHaveLength(1)
  })
})

describe('comments (EVT-4)', () => {
  it('are put right by their author within ten minutes, and leave a mark when removed', async () => {
    const event = await anEvent()
    const { body: said } = await call('POST', `/v1/events/${event.id}/comments`, { text: ' Called the bakery. ' })
    expect(said).toMatchObject({ text: 'Called the bakery.', by: 'Ada Test', editedAt: null })
    const path = `/v1/events/${event.id}/comments/${said.id}`
    server.clock.add(10 * minute - 5_000)
    expect((await call('PATCH', path, { text: 'Called them.' })).body).toMatchObject({ text: 'Called them.', editedAt: expect.any(String) })
    server.clock.add(10_000)
    expect((await call('PATCH', path, { text: 'Late' })).body.code).toBe('comment.too-late')
    const colleague = server.as(await anActor(server.database, partnerId, { role: 'technician' }))
    expect((await colleague('PATCH', path, { text: 'Mine' })).body.code).toBe('comment.of-another')
    expect((await colleague('DELETE', path)).body.code).toBe('comment.of-another')
    await call('DELETE', path)
    expect((await detail(event.id)).comments).toEqual([expect.objectContaining({ id: said.id, text: null, by: 'Ada Test' })])
    expect((await call('PATCH', path, { text: 'Again' })).body.code).toBe('comment.not-found')
    expect(await rows('select text from event_comment where id = $1', [said.id])).toEqual([{ text: '' }])
  })

  it.each(['', '   ', 'x'.repeat(4001)])('refuses %j', async (text) => {
    const event = await anEvent()
    expect((await call('POST', `/v1/events/${event.id}/comments`, { text })).status).toBe(400)
  })

  it('what colleagues say among themselves is not for the customer’s portal', async () => {
    const event = await anEvent()
    await call('POST', `/v1/events/${event.id}/comments`, { text: 'They never pay' })
    await call('POST', '/v1/events/assignee', { ids: [event.id], accountId: owner.accountId })
    await snooze([event.id], { reason: 'They never pay' })
    const portal = server.as(await anActor(server.database, partnerId, { role: 'portal-viewer' }))
    const shown = await detail(event.id, portal)
    expect([
      shown.comments,
      shown.assignee,
      shown.silence.kind,
      JSON.stringify(shown).includes('They never pay'),
      JSON.stringify(shown).includes('Ada'),
    ]).toEqual([[], null, 'snoozed', false, false])
    expect(JSON.stringify((await portal('GET', '/v1/events?silence=snoozed')).body)).not.toMatch(/They never pay|Ada/)
    expect((await portal('GET', '/v1/events.csv?silence=snoozed')).body).not.toMatch(/They never pay|Ada/)
  })
})

describe('a snoozed event is open but silent (EVT-2, EVT-9)', () => {
  it('leaves the list and the counts, stands under a filter, and says who, why, until when', async () => {
    const event = await anEvent()
    expect(await counted(event)).toBe(1)
    const until = at(day)
    const { body } = await snooze([event.id], { until })
    expect(body.changed).toEqual([{ id: event.id, silenceId: expect.any(String), isReplaced: false }])
    expect([
      await counted(event),
      await listed(),
      await listed('silence=snoozed'),
      await listed('silence=accepted'),
      await listed('silence=none,snoozed,accepted'),
    ]).toEqual([0, [], [event.id], [], [event.id]])
    expect(await detail(event.id)).toMatchObject({
      state: 'unresolved',
      silence: { kind: 'snoozed', owner: 'Ada Test', reason: 'Replaced on Monday', until },
    })
    expect((await detail(event.id)).steps.at(-1)).toMatchObject({
      what: 'snoozed',
      by: 'Ada Test',
      details: { reason: 'Replaced on Monday', until },
    })
  })

  it.each([
    ['no reason', { reason: ' ' }, 'reason'],
    ['a time past', { until: '2020-01-01T00:00:00Z' }, 'until'],
    ['more than 400 days', { until: new Date(Date.now() + 401 * day).toISOString() }, 'until'],
    ['an accepted risk without an end', { kind: 'accepted', until: null }, 'until'],
  ])('is refused with %s', async (_, more, path) => {
    const event = await anEvent()
    const { status, body } = await snooze([event.id], more)
    expect([status, body.fields[0].path]).toEqual([400, path])
    expect(await counted(event)).toBe(1)
  })

  it('wakes when its time comes, once, and tells; also who owns it and wants no mails otherwise', async () => {
    await rows('update account set is_told_of_events = false where id = $1', [owner.accountId])
    const event = await anEvent()
    await snooze([event.id], { until: at(60 * minute) })
    await wakeDue.run(server.services)
    expect(await counted(event)).toBe(0)
    server.clock.add(61 * minute)
    await Promise.all([wakeDue.run(server.services), wakeDue.run(server.services)])
    expect([await counted(event), await listed(), await steps(event.id)]).toEqual([1, [event.id], ['opened', 'snoozed', 'woken']])
    expect((await detail(event.id)).steps.at(-1).details).toEqual({ how: 'time' })
    expect((await mails()).map(({ key }) => key.split(':')[2])).toEqual(['woken'])
  })

  it('wakes when it gets worse than it was, and not before', async () => {
    const event = await anEvent()
    await snooze([event.id], { unless: 'worse' })
    await infect(event, 1)
    await infect(event, 2)
    expect([await counted(event), await listed()]).toEqual([0, []])
    await infect(event, 3)
    expect([await counted(event), await listed()]).toEqual([1, [event.id]])
    expect((await detail(event.id)).steps.at(-1)).toMatchObject({ what: 'woken', details: { how: 'worse' }, figures: { infections: 3 } })
  })

  it.each([
    [5, 0],
    [6, 1],
  ])('wakes when a figure passes the given value: %i infections', async (infections, audible) => {
    const event = await anEvent()
    await snooze([event.id], { unless: { figure: 'infections', value: 5 } })
    await infect(event, infections)
    expect(await counted(event)).toBe(audible)
  })

  it('one that comes and goes stays silent until its end; without an end it is over with its event', async () => {
    const [dated, endless] = [await anEvent(), await anEvent()]
    await snooze([dated.id], { until: at(day) })
    await snooze([endless.id])
    for (const site of [dated, endless]) {
      await infect(site, 0)
      await infect(site, 2) // the same event goes on
      expect([await eventOf(site), await counted(site)]).toEqual([site.id, 0])
      await infect(site, 0)
    }
    server.clock.add(11 * minute)
    await endOverSnoozes.run(server.services)
    const before = (await mails()).length
    await infect(dated, 2)
    expect([(await eventOf(dated)) === dated.id, await counted(dated), (await mails()).length]).toEqual([false, 0, before])
    await infect(endless, 2)
    expect([(await eventOf(endless)) === endless.id, await counted(endless)]).toEqual([false, 1])
    expect(await rows('select ended_how from event_silence where product_id = $1', [endless.productId])).toEqual([{ ended_how: 'over' }])
    // opens anew, worse than what it was to be silent for
    await snooze([await eventOf(dated)], { until: at(day), unless: 'worse' })
    await infect(dated, 0)
    server.clock.add(11 * minute)
    await infect(dated, 9)
    expect(await counted(dated)).toBe(1)
  })

  it('is woken by hand; taking back touches only what was done', async () => {
    const [a, b] = [await anEvent(), await anEvent()]
    const { body } = await snooze([a.id, b.id])
    const silenceIds = body.changed.map(({ silenceId }: { silenceId: string }) => silenceId)
    // somebody else has snoozed b anew meanwhile
    const again = await snooze([b.id], { reason: 'For another reason' })
    expect(again.body.changed[0].isReplaced).toBe(true)
    const { body: undone } = await call('POST', '/v1/events/wake', { ids: [a.id, b.id], silenceIds })
    expect([undone.changed, undone.unchanged]).toEqual([[{ id: a.id }], 1])
    expect([await counted(a), await counted(b), (await detail(b.id)).silence.reason]).toEqual([1, 0, 'For another reason'])
    await call('POST', '/v1/events/wake', { ids: [b.id] })
    expect([await counted(b), await steps(b.id)]).toEqual([1, ['opened', 'snoozed', 'snoozed', 'woken']])
    expect(
      (await rows('select ended_how from event_silence where event_id = $1 order by since', [b.id])).map((row) => row.ended_how),
    ).toEqual(['replaced', 'hand'])
  })

  it('a resolved one is refused, by name; the others are done', async () => {
    const [open, over] = [await anEvent(), await anEvent()]
    await infect(over, 0)
    const { body } = await snooze([open.id, over.id])
    expect([body.changed.length, body.refused]).toEqual([
      1,
      [
        expect.objectContaining({
          id: over.id,
          code: 'event.resolved-already',
          event: expect.objectContaining({ customerName: 'Boulangerie Martin' }),
        }),
      ],
    ])
    // resolved ones are shown whatever they were
    await infect(open, 0)
    expect((await listed('state=resolved')).toSorted()).toEqual([open.id, over.id].toSorted())
  })
})

describe('an accepted risk (EVT-9)', () => {
  it('is a record with reason, person and expiry, which the next event of the condition opens under; it expires by itself and tells', async () => {
    const event = await anEvent()
    const { body } = await snooze([event.id], { kind: 'accepted', reason: 'Old till, replaced in June', until: at(30 * day) })
    await infect(event, 0)
    server.clock.add(2 * day)
    await infect(event, 2)
    const next = await eventOf(event)
    expect([next === event.id, await counted(event), (await detail(next)).silence.kind, await listed('silence=accepted')]).toEqual([
      false,
      0,
      'accepted',
      [next],
    ])
    const told = (await mails()).length
    server.clock.add(29 * day)
    await wakeDue.run(server.services)
    expect([await counted(event), (await mails()).length - told]).toEqual([1, 1])
    expect(
      await rows('select reason, owner_name, ended_how, ended_at is not null as is_over from event_silence where id = $1', [
        body.changed[0].silenceId,
      ]),
    ).toEqual([{ reason: 'Old till, replaced in June', owner_name: 'Ada Test', ended_how: 'time', is_over: true }])
  })
})

describe('all matches of a filter (EVT-4)', () => {
  it('by type, customer tag, severity, silence; the ids are those that the list shows', async () => {
    const [gold, plain] = [await anEvent('Gold', ['gold']), await anEvent('Plain')]
    await snooze([plain.id])
    const matches = async (query: string) => (await call('GET', `/v1/events/matches?${query}`)).body
    expect(await matches('')).toEqual({ ids: [gold.id], total: 1 })
    for (const query of [
      'tag=gold',
      'typeId=clamav-endpoint',
      'silence=snoozed',
      'severity=warning',
      'silence=none,snoozed&sort=customer',
      'tag=silver',
      'typeId=other',
    ]) {
      expect((await matches(query)).ids, query).toEqual(await listed(query))
    }
    expect([await listed('tag=gold'), await listed('typeId=other'), await listed('silence=none,snoozed&sort=customer')]).toEqual([
      [gold.id],
      [],
      [gold.id, plain.id],
    ])
  })
})

describe('counters and rows never disagree (EVT-9, R22)', () => {
  it('after random steps, some of which die before they commit', async () => {
    const sites = await Promise.all(Array.from({ length: 4 }, (_, n) => aSite(`Site ${n}`)))
    let seed = 20_261_121
    const random = (below: number) => Math.floor(((seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647) * below)
    const open = async () =>
      (await rows(`select id from event where partner_id = $1 and state <> 'resolved' order by id`, [partnerId])).map(
        ({ id }) => id as string,
      )
    const some = async () => (await open()).filter(() => random(2) === 0)
    const doings: (() => Promise<unknown>)[] = [
      () => infect(sites[random(4)]!, random(4)),
      () => infect(sites[random(4)]!, 1 + random(6)),
      async () => snooze(await some(), { until: at((1 + random(50)) * minute), ...(random(2) ? { unless: 'worse' } : {}) }),
      async () => snooze(await some()),
      async () => snooze(await some(), { kind: 'accepted', until: at(day) }),
      async () => call('POST', '/v1/events/wake', { ids: await some() }),
      async () => {
        server.clock.add(random(30) * minute)
        await wakeDue.run(server.services)
        await endOverSnoozes.run(server.services)
      },
      // dies in the middle
      () =>
        server.database
          .transaction(tenant(), async (db) => {
            await assessProducts(
              db,
              server.services,
              sites.map(({ productId }) => productId),
              new Date(Date.now() + 400 * day),
            )
            throw new Error('killed')
          })
          .catch(() => {}),
    ]
    const disagreements = () =>
      rows(
        `with n as (select p.id, p.customer_id, count(e.id) filter (where e.severity = 'action-required')::integer as red, count(e.id) filter (where e.severity = 'warning')::integer as yellow
         from product p left join event e on e.product_id = p.id and e.state <> 'resolved' and e.silence_id is null where p.partner_id = $1 group by p.id, p.customer_id)
       select n.* from n join product p on p.id = n.id join customer c on c.id = n.customer_id
       where (p.action_required_count, p.warning_count, p.threat_action_count, p.threat_warning_count) is distinct from (n.red, n.yellow, n.red, n.yellow)
         or (c.action_required_count, c.warning_count) is distinct from ((select sum(m.red) from n m where m.customer_id = n.customer_id), (select sum(m.yellow) from n m where m.customer_id = n.customer_id))`,
        [partnerId],
      )
    let silent = 0
    for (let step = 0; step < 120; step++) {
      // two at once: they wait for one another, in one order
      await Promise.all([doings[random(doings.length)]!(), doings[random(doings.length)]!()])
      expect(await disagreements(), `step ${step}`).toEqual([])
      expect(
        await rows(
          'select e.id from event e join event_silence s on s.id = e.silence_id where e.partner_id = $1 and s.ended_at is not null',
          [partnerId],
        ),
        `step ${step}`,
      ).toEqual([])
      silent += Number(
        (await rows(`select count(*) from event where partner_id = $1 and state <> 'resolved' and silence_id is not null`, [partnerId]))[0]
          .count,
      )
    }
    expect(silent).toBeGreaterThan(20)
  }, 60_000)
})
