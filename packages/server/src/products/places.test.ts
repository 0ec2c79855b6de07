import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aSite, type Site, type SiteAgent } from '../identity/testing/site.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let site: Site
const start = new Date('2026-11-02T09:00:00Z')
beforeAll(async () => {
  server = await testServer()
  site = await aSite(server, 3)
})
afterAll(() => server.close())

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const idOf = async (agent: SiteAgent): Promise<string> =>
  (await rows('select id from endpoint where product_id = $1 and key = $2', [agent.productId, agent.key]))[0].id
/** A report with these addresses, so many hours after the start. */
const reports = async (agent: SiteAgent, hours: number, addresses: string[]) => {
  server.clock.set(new Date(start.getTime() + hours * 3_600_000))
  await agent.report({ addresses })
}
/** As [address, hours after the start of the first and last report with it, whether it has it now]; whole hours: the clock goes on meanwhile. */
const history = async (agent: SiteAgent) => {
  const hours = (at: string) => Math.round((Date.parse(at) - start.getTime()) / 3_600_000)
  return (await site.as('GET', `/v1/endpoints/${await idOf(agent)}`)).body.addressHistory.map((span: Record<string, string>) => [
    span['address'],
    hours(span['firstSeenAt']!),
    hours(span['lastSeenAt']!),
    span['isCurrent'],
  ])
}

describe('where an endpoint was (INV-1)', () => {
  it('each address once, from the first report that named it to the last, whichever came and went between; what is current first', async () => {
    const [agent] = site.agents as [SiteAgent]
    await reports(agent, 0, ['10.0.0.7', 'fe80::1'])
    expect(await history(agent)).toEqual([
      ['10.0.0.7', 0, 0, true],
      ['fe80::1', 0, 0, true],
    ])
    await reports(agent, 5, ['10.0.0.7', 'fe80::1'])
    await reports(agent, 8, ['192.168.1.9', '10.0.0.7', '10.0.0.7'])
    await reports(agent, 9, ['192.168.1.9'])
    expect(await history(agent)).toEqual([
      ['192.168.1.9', 8, 9, true],
      ['10.0.0.7', 0, 8, false],
      ['fe80::1', 0, 5, false],
    ])
    await reports(agent, 20, ['10.0.0.7'])
    expect(await history(agent)).toEqual([
      ['10.0.0.7', 0, 20, true],
      ['192.168.1.9', 8, 9, false],
      ['fe80::1', 0, 5, false],
    ])
  })

  it('a report that names the same again writes no row, and is the last that had them', async () => {
    const agent = site.agents[1]!
    await reports(agent, 0, ['10.0.0.7', '10.0.0.8'])
    const written = async () =>
      await rows('select address, xmin::text, ctid::text from endpoint_address where endpoint_id = $1 order by address', [
        await idOf(agent),
      ])
    const before = await written()
    expect(before).toHaveLength(2)
    for (const hours of [1, 2, 30]) await reports(agent, hours, ['10.0.0.7', '10.0.0.8'])
    expect(await written()).toEqual(before)
    expect(await history(agent)).toEqual([
      ['10.0.0.7', 0, 30, true],
      ['10.0.0.8', 0, 30, true],
    ])
  })

  it('a machine that is somewhere else every hour keeps the fifty where it was last', async () => {
    const agent = site.agents[2]!
    for (let hour = 0; hour <= 55; hour++) await reports(agent, hour, [`10.9.0.${hour}`])
    const all = await history(agent)
    expect(all).toHaveLength(51)
    expect([all[0], all[1], all.at(-1)]).toEqual([
      ['10.9.0.55', 55, 55, true],
      ['10.9.0.54', 54, 54, false],
      ['10.9.0.5', 5, 5, false],
    ])
  })

  it('stands in the export, beside the addresses it has; follows the product to another customer; is hidden with the addresses (ACC-12)', async () => {
    const agent = site.agents[0]!
    const exported = async () =>
      (await site.as('GET', `/v1/endpoints.csv?productId=${agent.productId}&columns=addresses,formerAddresses,name`)).body as string
    expect(await exported()).toMatch(/10\.0\.0\.7.*192\.168\.1\.9 \(2026-11-02T17:\d\d:\S+Z\/2026-11-02T18:\S+Z\) fe80::1 \(/)
    const { body } = await site.as('POST', `/v1/products/${agent.productId}/move`, {
      customerId: site.customerIds[1],
      confirmName: 'One',
      hasConsent: true,
      reason: '',
    })
    expect(body.code).toBeUndefined()
    expect(await rows('select distinct customer_id from endpoint_address where endpoint_id = $1', [await idOf(agent)])).toEqual([
      { customer_id: site.customerIds[1] },
    ])
    const { status } = await site.as('POST', `/v1/customers/${site.customerIds[1]}/consent`, {
      activities: ['view-addresses'],
      decision: 'withdrawn',
      saidBy: 'Camille',
      saidOn: '2026-11-02',
    })
    expect(status).toBe(200)
    expect((await site.as('GET', `/v1/endpoints/${await idOf(agent)}`)).body.addressHistory).toBe(null)
    const csv = await exported()
    expect(csv).toContain(agent.name)
    expect(csv).not.toMatch(/192\.168|10\.0\.0|fe80/)
  })
})
