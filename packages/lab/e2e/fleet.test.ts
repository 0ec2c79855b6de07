import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { productsApi } from '@vigie/domain/products'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchCa, type Fleet, infectedMix, startFleet } from '../src/agents/index.ts'
import { ConsoleClient, provision } from '../src/console/index.ts'
import { type Product, startProduct } from './product.ts'

const agents = 8
let product: Product
let client: ConsoleClient
let fleet: Fleet | undefined

beforeAll(async () => {
  product = await startProduct()
  client = new ConsoleClient(product.url)
  await client.setUp(product.setupLink, { businessName: 'Lab', email: 'lab@example.com', password: 'the lab signs in with this' })
  const enrolments = await provision(client, { agents })
  const { installCommand, caFingerprint } = await client.call(productsApi.issueKey, { params: { productId: await oneMoreProduct() } })
  const url = /https:\/\/[\d.]+:\d+/.exec(installCommand)![0]
  fleet = await startFleet({ server: { url, ca: await fetchCa(url, caFingerprint) }, agents: enrolments, concurrency: 4 })
})
afterAll(async () => {
  await fleet?.stop('kill')
  await product?.stop()
})

/** One more product, whose key nobody uses: its instructions say where agents connect. */
async function oneMoreProduct(): Promise<string> {
  const { rows } = await client.call(customersApi.listCustomers, {})
  const made = await client.call(productsApi.createProduct, {
    params: { customerId: rows[0]!.id },
    body: { typeId: 'clamav-endpoint', description: 'Address' },
  })
  return made.id
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

describe('a fleet and a server that is killed under it', () => {
  it('loses nothing and doubles nothing, though batches come twice, out of order, and into a dying server (R22, AGT-6)', async () => {
    const sending = fleet!.sendDetections(
      { seconds: 6, perSecond: 400, batch: 20, duplicates: 0.2, outOfOrder: 0.2, mix: infectedMix },
      60_000,
    )
    for (const ms of [1_300, 2_100]) {
      await new Promise((resolve) => setTimeout(resolve, ms))
      await product.killAndStart()
    }
    const { accepted } = await sending
    expect(accepted).toBeGreaterThan(500)
    const ids = await allDetections()
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBe(accepted)
    // some may be on their way back still
    await expect.poll(() => fleet!.stats(), { timeout: 30_000 }).toMatchObject({ broken: 0, online: agents, problems: {} })
  }, 120_000)

  it('and every infection among them is an event that needs action (EVT-3)', async () => {
    await expect
      .poll(
        async () =>
          (await client.call(eventsApi.listEvents, { query: { severity: 'action-required', category: 'antivirus' } })).rows.length,
        { timeout: 20_000 },
      )
      .toBeGreaterThan(agents / 2)
  }, 30_000)
})
