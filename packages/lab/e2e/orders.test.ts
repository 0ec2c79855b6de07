import { existsSync } from 'node:fs'
import path from 'node:path'
import { commandsApi } from '@vigie/domain/commands'
import { customersApi } from '@vigie/domain/customers'
import { ordersApi } from '@vigie/domain/orders'
import { outboxApi } from '@vigie/domain/outbox'
import { productsApi } from '@vigie/domain/products'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axe, openBrowser, settle, visit, type Visit } from '../../web/e2e/kit.ts'
import { fetchCa, startFleet, type Fleet } from '../src/agents/index.ts'
import { ConsoleClient, provision } from '../src/console/index.ts'
import { startProduct, type Product } from './product.ts'
import { secondPerson } from './second-person.ts'

const isBuilt = existsSync(path.resolve(import.meta.dirname, '../../web/dist/index.html'))

/** R16 as two people see it: one closes ports at more endpoints than one person may, another looks at it and approves. The steps build on each other. */
describe.skipIf(!isBuilt)('an order that needs a second person, in two browsers', { timeout: 120_000 }, () => {
  let product: Product
  let client: ConsoleClient
  let fleet: Fleet
  let opened: Awaited<ReturnType<typeof openBrowser>>
  let [giver, approver]: Visit[] = []
  let second: Awaited<ReturnType<typeof secondPerson>>
  const agents = 5

  beforeAll(async () => {
    product = await startProduct()
    client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, { businessName: 'Atelier Réseau', email: 'claire@example.com', password: 'une vigie veille la nuit' })
    const enrolments = await provision(client, { agents, customers: 1 })
    const { rows: [customer] } = await client.call(customersApi.listCustomers, {})
    // one more, whose key nobody uses: its instructions say where agents connect
    const spare = await client.call(productsApi.createProduct, { params: { customerId: customer!.id }, body: { typeId: 'clamav-endpoint', description: 'Spare' } })
    const { installCommand, caFingerprint } = await client.call(productsApi.issueKey, { params: { productId: spare.id } })
    const server = /https:\/\/[\d.]+:\d+/.exec(installCommand)![0]
    fleet = await startFleet({ server: { url: server, ca: await fetchCa(server, caFingerprint) }, agents: enrolments, concurrency: 4 })
    // without a mail server mails are read in the console
    second = await secondPerson(product.url, client, async (email) => {
      const { rows } = await client.call(outboxApi.listDeliveries, { query: {} })
      const { text } = await client.call(outboxApi.getDelivery, { params: { deliveryId: rows.find(({ to }) => to === email)!.id } })
      return /#([\w-]{43})/.exec(text)![1]!
    })
    opened = await openBrowser()
    ;[giver, approver] = await Promise.all([client, second.client].map(async (who) => {
      const visited = await visit(opened.browser)
      await visited.context.addCookies(who.cookies().map((cookie) => ({ ...cookie, url: product.url })))
      return visited
    }))
  }, 120_000)
  afterAll(async () => {
    await opened?.close()
    await fleet?.stop('kill')
    await product?.stop()
  }, 60_000)

  it('says before that it needs one, and then waits: nobody was told anything', async () => {
    const { page } = giver!
    await page.goto(`${product.url}/orders/new?type=start-outbreak-defence&ports=445%2C3389`)
    await settle(page)
    await page.getByRole('button', { name: 'See what would happen' }).click()
    await page.getByText('A second person has to approve it').waitFor()
    expect(await axe(page)).toEqual([])
    await page.getByRole('button', { name: /^Start outbreak defence/ }).click()
    await page.waitForURL(/\/orders\/[0-9a-f-]{36}$/)
    await page.getByText('Waits for a second person').first().waitFor()
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    expect((await client.call(commandsApi.listCommands, { query: {} })).rows).toEqual([])
  })

  it('the other one sees what it closes, needs a code of his own, and approves: every agent is told', async () => {
    const { page } = approver!
    await page.goto(giver!.page.url())
    await settle(page)
    await page.getByText('445, 3389').waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await axe(page)).toEqual([])
    await page.getByLabel('Code of your second factor').fill('000000')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('The code is not right').first().waitFor()
    await page.getByLabel('Code of your second factor').fill(second.code())
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Finished').first().waitFor({ timeout: 60_000 })
    // the giver's page, which was left open, knows it too
    await giver!.page.getByText('Finished').first().waitFor()
    const { order } = await client.call(ordersApi.getOrder, { params: { orderId: /[0-9a-f-]{36}$/.exec(giver!.page.url())![0] } })
    expect([order.counts.succeeded, order.approvedBy]).toEqual([agents, 'Second Person'])
    expect([...giver!.faults, ...approver!.faults]).toEqual([])
  })
})
