import { createServer } from 'node:net'
import { eventsApi } from '@vigie/domain/events'
import { productsApi } from '@vigie/domain/products'
import { sitesApi } from '@vigie/domain/sites'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fetchCa, type Fleet, infectedMix, startFleet } from '../src/agents/index.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { type Product, startProduct } from './product.ts'
import { endpointKey, SiteAgent, siteProduct } from './site-server.ts'

/** 500 at rest: the bench `site`. */
const endpoints = 120
let product: Product
let client: ConsoleClient
let site: SiteAgent
let productId: string
let fleet: Fleet | undefined

beforeAll(async () => {
  product = await startProduct()
  client = new ConsoleClient(product.url)
  await client.setUp(product.setupLink, { businessName: 'Lab', email: 'lab@example.com', password: 'the lab signs in with this' })
  const made = await siteProduct(client)
  productId = made.productId
  site = new SiteAgent(product.folder, { installCommand: made.installCommand, port: await freePort() })
  site.start()
  await vi.waitFor(async () => expect((await client.call(sitesApi.getSite, { params: { productId } })).server?.urls).toHaveLength(1), {
    timeout: 30_000,
    interval: 200,
  })
  const { guid, key, through } = await endpointKey(client, productId, endpoints)
  const ca = await fetchCa(through!.url!, /= ([0-9A-F]{64}) /.exec(through!.installCommand)![1]!)
  fleet = await startFleet({
    server: { url: through!.url!, ca, isSite: true },
    agents: Array.from({ length: endpoints }, () => ({ guid, key })),
    concurrency: 12,
  })
}, 240_000)
afterAll(async () => {
  await fleet?.stop('kill')
  await site?.end('SIGKILL')
  await product?.stop()
}, 60_000)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function allDetections(): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await client.call(eventsApi.listDetections, { query: { limit: 200, ...(cursor ? { cursor } : {}) } })
    ids.push(...page.rows.map(({ id }) => id))
    if (page.nextCursor === null) return ids
    cursor = page.nextCursor
  }
}
const allOnline = () => expect.poll(() => fleet!.stats().online, { timeout: 90_000, interval: 200 }).toBe(endpoints)

describe('a site of many endpoints behind one site server (AGT-8)', () => {
  it('all enrolled with one key, all online through it; each an endpoint of the product, counted once', async () => {
    const { keys, endpoints: seen } = await client.call(sitesApi.getSite, { params: { productId } })
    expect(keys).toMatchObject([{ machines: endpoints, used: endpoints, state: 'used-up' }])
    expect(seen).toEqual({ all: endpoints, through: endpoints, direct: 0, away: 0 })
    await expect
      .poll(async () => (await client.call(productsApi.getProduct, { params: { productId } })).endpointCount, { timeout: 20_000 })
      .toBe(endpoints + 1)
  }, 60_000)

  it('the site server killed at random moments under load, Vigie too, all back at once: nothing lost, nothing doubled, no clone (R10, R22)', async () => {
    const sending = fleet!.sendDetections(
      { seconds: 8, perSecond: 300, batch: 10, duplicates: 0.2, outOfOrder: 0.2, mix: infectedMix },
      120_000,
    )
    // whenever: said, so that what was found can be found again
    const moments = (['site', 'vigie', 'site'] as const).map((what) => [400 + Math.floor(Math.random() * 2_000), what] as const)
    for (const [afterMs, what] of moments) {
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      if (what === 'vigie') await product.killAndStart()
      else {
        await site.end('SIGKILL')
        site.start()
      }
    }
    const { accepted } = await sending
    await allOnline()
    expect(accepted).toBeGreaterThan(500)
    const ids = await allDetections()
    expect([new Set(ids).size, ids.length], JSON.stringify(moments)).toEqual([accepted, accepted])
    expect(Object.keys(fleet!.stats().problems).filter((code) => code !== 'server.busy')).toEqual([])
    expect(fleet!.stats().broken).toBe(0)
    const seen = await client.call(productsApi.getProduct, { params: { productId } })
    expect([seen.endpointCount, seen.state]).toEqual([endpoints + 1, 'plug-in-error']) // this machine's own engine is missing; its endpoints' are not asked
  }, 240_000)
})
