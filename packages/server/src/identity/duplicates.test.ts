import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { findDuplicates } from './duplicates.ts'
import { anAgentOf, aSite, type Site, type SiteAgent } from './testing/site.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const idOf = async (agent: SiteAgent): Promise<string> =>
  (await rows('select id from endpoint where product_id = $1 and key = $2', [agent.productId, agent.key]))[0]?.id
const look = async (site: Site, at = server.clock.now()) =>
  await server.database.transaction({ partnerId: site.partnerId, scope: 'all', principalId: null }, (db) => findDuplicates(db, at))
const pairs = async (site: Site) =>
  (await site.as('GET', '/v1/duplicates')).body.rows.map((row: { endpoints: { name: string }[]; evidence: string[]; state: string }) => [
    row.endpoints.map(({ name }) => name),
    row.evidence,
    row.state,
  ])

/** A second machine (or the same again) in a product of the site. */
async function add(
  site: Site,
  product: number,
  more: Parameters<typeof anAgentOf>[3],
  report: Parameters<SiteAgent['report']>[0] = {},
): Promise<SiteAgent> {
  const agent = await anAgentOf(server, site.partnerId, site.productIds[product]!, more)
  await agent.report(report)
  return agent
}

/** As agents that registered as copies of it and were heard of since, without each of them saying so: it is the pairs that are looked at. */
async function addMany(site: Site, many: number, more: { name: string; address?: string; clonedFromId?: string }): Promise<void> {
  await rows(
    `with made as (
       insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, agent_version, protocol, registered_at, cloned_from_id)
       select partner_id, gen_random_uuid(), customer_id, id, decode(md5(n::text) || md5(id::text), 'hex'), replace($3, '#', n::text), 'Linux', md5(n::text) || md5(id::text), '0.1.0', 2, now(), $5
       from product, generate_series(1, $2::integer) n where id = $1 returning *)
     insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", addresses, platform, received_at)
     select partner_id, gen_random_uuid(), customer_id, product_id, id, fingerprint, hostname, 'servers', $4, 'Linux', now() from made`,
    [site.productIds[0], many, more.name, more.address === undefined ? [] : [more.address], more.clonedFromId ?? null],
  )
}

describe('look-alikes are found and told with their evidence (INV-3)', () => {
  it('the same hardware in two products of a customer; not at two customers', async () => {
    const site = await aSite(server, 0)
    const fingerprint = randomBytes(32).toString('hex')
    await add(site, 0, { name: 'old', fingerprint }, { addresses: [] })
    await add(site, 1, { name: 'new', fingerprint }, { addresses: [] })
    await add(site, 2, { name: 'far', fingerprint }, { addresses: [] })
    expect(await look(site)).toBe(1)
    expect(await pairs(site)).toEqual([[['old', 'new'], ['same-fingerprint'], 'suspected']])
    expect((await site.as('GET', '/v1/duplicates')).body.waiting).toBe(1)
    expect(await look(site)).toBe(0)
  })

  it('the same name and an address in common; addresses that everybody has say nothing', async () => {
    const site = await aSite(server, 0)
    await add(site, 0, { name: 'SRV-01' }, { addresses: ['127.0.0.1', '10.1.1.1'] })
    await add(site, 1, { name: 'srv-01' }, { addresses: ['fe80::1', '10.1.1.1'] })
    await add(site, 0, { name: 'bridge' }, { addresses: ['127.0.0.1', '172.17.0.1', 'fe80::1'] })
    await add(site, 1, { name: 'bridge' }, { addresses: ['127.0.0.1', '172.17.0.1', 'fe80::1'] })
    await rows(`update endpoint set created_at = now() - interval '10 days', received_at = now() where partner_id = $1`, [site.partnerId])
    await look(site)
    expect(await pairs(site)).toEqual([[['SRV-01', 'srv-01'], ['same-name-address'], 'suspected']])
  })

  it.each([
    [2, [['reinstalled']]],
    [4, []],
  ])('a machine of the same name, %i days after the other fell silent', async (days, evidence) => {
    const site = await aSite(server, 0)
    const old = await add(site, 0, { name: 'till-3' }, { addresses: [] })
    await rows(
      `update endpoint set created_at = now() - interval '90 days', received_at = now() - $2::integer * interval '1 day' where id = $1`,
      [await idOf(old), days],
    )
    await add(site, 0, { name: 'till-3' }, { addresses: [] })
    await look(site)
    expect((await pairs(site)).map(([, found]: [unknown, string[]]) => found)).toEqual(evidence)
  })

  it('a copy that has its own identity is told as separated: nobody needs to do anything', async () => {
    const site = await aSite(server, 0)
    const original = await add(site, 0, { name: 'golden' }, { addresses: [] })
    await add(site, 0, { name: 'copy', clonedFromId: original.id }, { addresses: [] })
    await addMany(site, 199, { name: 'copy-#', clonedFromId: original.id })
    expect(await look(site)).toBe(200)
    const { body } = await site.as('GET', '/v1/duplicates?limit=200')
    expect(
      body.rows.every(
        (row: { state: string; endpoints: { name: string }[] }) => row.state === 'separated' && row.endpoints[0]!.name === 'golden',
      ),
    ).toBe(true)
    // the console is quiet: nothing waits for a decision
    expect([body.rows.length, body.waiting]).toEqual([200, 0])
  })

  it('fifty machines of one name and address are 49 pairs, not 1,225', async () => {
    const site = await aSite(server, 0)
    await add(site, 0, { name: 'kiosk' }, { addresses: ['10.0.2.15'] })
    await addMany(site, 49, { name: 'kiosk', address: '10.0.2.15' })
    const found = await look(site)
    expect(found).toBeGreaterThanOrEqual(49)
    expect(found).toBeLessThan(100)
  })
})

describe('what a person decided stays decided (INV-3)', () => {
  async function aPair(): Promise<{ site: Site; id: string; one: SiteAgent; other: SiteAgent }> {
    const site = await aSite(server, 0)
    const fingerprint = randomBytes(32).toString('hex')
    const one = await add(site, 0, { name: 'one', fingerprint }, { addresses: [] })
    const other = await add(site, 1, { name: 'other', fingerprint }, { addresses: [] })
    await look(site)
    return { site, one, other, id: (await site.as('GET', '/v1/duplicates')).body.rows[0].id }
  }

  it('kept apart: not asked again; asked again when taken back', async () => {
    const { site, id } = await aPair()
    const { body } = await site.as('PUT', `/v1/duplicates/${id}/decision`, { isKeptApart: true })
    expect([body.state, body.decidedBy]).toEqual(['kept-apart', 'Ada Test'])
    await look(site)
    expect((await site.as('GET', '/v1/duplicates?state=suspected')).body).toMatchObject({ rows: [], waiting: 0 })
    expect((await site.as('PUT', `/v1/duplicates/${id}/decision`, { isKeptApart: false })).body.state).toBe('suspected')
    expect(await rows(`select activity from audit where partner_id = $1 order by sequence`, [site.partnerId])).toEqual([
      { activity: 'duplicate.kept-apart' },
      { activity: 'duplicate.reopened' },
    ])
  })

  it('merged: gone from the list; split: kept apart', async () => {
    const { site, one, other } = await aPair()
    const { body: merge } = await site.as('POST', `/v1/endpoints/${await idOf(one)}/merge`, { intoId: await idOf(other) })
    await look(site)
    expect(await pairs(site)).toEqual([])
    await site.as('POST', `/v1/merges/${merge.id}/undo`)
    await look(site)
    expect((await pairs(site)).map(([, , state]: [unknown, unknown, string]) => state)).toEqual(['kept-apart'])
  })

  it('evidence that is gone goes, with one that was removed too', async () => {
    const { site, one, other } = await aPair()
    await rows(`update endpoint set key = $2 where id = $1`, [await idOf(other), randomBytes(32).toString('hex')])
    await look(site)
    expect(await pairs(site)).toEqual([])
    await site.as('DELETE', `/v1/endpoints/${await idOf(one)}`, { confirmName: 'one' })
    await look(site, new Date(server.clock.now().getTime() + 2 * 86_400_000))
    expect(await rows('select count(*)::integer as n from duplicate where partner_id = $1', [site.partnerId])).toEqual([{ n: 0 }])
  })

  it('the list as CSV names both, their evidence and state', async () => {
    const { site } = await aPair()
    const { body } = await site.as('GET', '/v1/duplicates.csv')
    expect(body.split('\r\n')[0]).toMatch(/Customer,Endpoint,.*,Second endpoint,.*,Evidence,State,Found$/)
    expect(body).toMatch(/First,one,.*,other,.*,Same hardware,To decide,/)
  })
})
