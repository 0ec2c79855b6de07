import { existsSync } from 'node:fs'
import path from 'node:path'
import { commandsApi } from '@vigie/domain/commands'
import { customersApi } from '@vigie/domain/customers'
import { ordersApi } from '@vigie/domain/orders'
import { outboxApi } from '@vigie/domain/outbox'
import { productsApi } from '@vigie/domain/products'
import { settingsApi, urlListsApi } from '@vigie/domain/settings'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axe, openBrowser, settle, visit, type Visit } from '../../web/e2e/kit.ts'
import { fetchCa, startFleet, type Fleet } from '../src/agents/index.ts'
import { ConsoleClient, provision } from '../src/console/index.ts'
import { startProduct, type Product } from './product.ts'
import { secondPerson } from './second-person.ts'

const isBuilt = existsSync(path.resolve(import.meta.dirname, '../../web/dist/index.html'))

/**
 * R16 as two people see it: one closes ports at more endpoints than one person may, another looks at it and approves. Then what orders carry to customers, and its way back, clicked through by
 * one of them. The steps build on each other.
 */
describe.skipIf(!isBuilt)('orders, in two browsers', { timeout: 120_000 }, () => {
  let product: Product
  let client: ConsoleClient
  let fleet: Fleet
  let opened: Awaited<ReturnType<typeof openBrowser>>
  let [giver, approver]: Visit[] = []
  let second: Awaited<ReturnType<typeof secondPerson>>
  let customerIds: string[]
  const agents = 5

  beforeAll(async () => {
    product = await startProduct()
    client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, {
      businessName: 'Atelier Réseau',
      email: 'claire@example.com',
      password: 'une vigie veille la nuit',
    })
    const enrolments = await provision(client, { agents, customers: 2 })
    const { rows: customers } = await client.call(customersApi.listCustomers, {})
    customerIds = customers.map(({ id }) => id)
    const [customer] = customers
    // one more, whose key nobody uses: its instructions say where agents connect
    const spare = await client.call(productsApi.createProduct, {
      params: { customerId: customer!.id },
      body: { typeId: 'clamav-endpoint', description: 'Spare' },
    })
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
    ;[giver, approver] = await Promise.all(
      [client, second.client].map(async (who) => {
        const visited = await visit(opened.browser)
        await visited.context.addCookies(who.cookies().map((cookie) => ({ ...cookie, url: product.url })))
        return visited
      }),
    )
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

  const idOf = (url: string) => /\/orders\/([0-9a-f-]{36})/.exec(url)![1]!
  const orderNow = async (orderId: string) => (await client.call(ordersApi.getOrder, { params: { orderId } })).order
  /** The page of a given order says that it ended. */
  async function finishes(): Promise<string> {
    const { page } = giver!
    await page.getByText('Finished', { exact: true }).first().waitFor({ timeout: 60_000 })
    return idOf(page.url())
  }
  /** A greyed button says why on hover. */
  async function greyedUndo(reason: string): Promise<void> {
    const { page } = giver!
    const undo = page.getByRole('button', { name: 'Undo', exact: true })
    await undo.hover()
    await page.getByRole('tooltip').getByText(reason).waitFor()
    expect(await undo.getAttribute('aria-disabled')).toBe('true')
  }

  it('settings for chosen customers: the form, what would happen, a page that is left and found again, how it stands at the endpoints (ADM-3)', async () => {
    const { page } = giver!
    await page.goto(`${product.url}/customers`)
    await settle(page)
    for (const box of await page.getByRole('checkbox', { name: 'Select this row' }).all()) await box.check()
    await page.getByText('2 selected').waitFor()
    await page.getByRole('button', { name: 'Give an order' }).click()
    await page.waitForURL(/\/orders\/new/)
    await settle(page)
    await page.getByRole('combobox', { name: 'Order' }).click()
    await page.getByRole('option', { name: 'Apply settings' }).click()
    await page.getByText('For 2 chosen customers.').waitFor()
    // nothing chosen yet: said at the field, before anything is asked of the server
    await page.getByRole('button', { name: 'See what would happen' }).click()
    const add = page.getByRole('combobox', { name: 'Add a setting' })
    expect(await add.getAttribute('aria-invalid')).toBe('true')
    await add.fill('Every')
    await page.getByRole('option', { name: /Every … hours/ }).click()
    await page.getByRole('textbox', { name: /Every … hours/ }).fill('3')
    await page.getByRole('button', { name: 'See what would happen' }).click()
    await page.waitForURL(/\/orders\/[0-9a-f-]{36}/)
    await page.getByText('It changes something at 2 places.').waitFor()
    await page.getByText('5 agents are told.').waitFor()
    expect(await axe(page)).toEqual([])
    expect(
      (await client.call(settingsApi.getCustomerSettings, { params: { customerId: customerIds[0]! } })).rows.find(
        ({ key }) => key === 'update-schedule.every-hours',
      )?.value,
    ).not.toBe(3)
    await page.getByRole('button', { name: 'Apply settings: 2 places' }).click()
    await page.getByText('Set at').first().waitFor()
    // left, and found again in the list
    await page.getByRole('link', { name: 'Orders', exact: true }).first().click()
    await page.waitForURL(/\/orders$/)
    await settle(page)
    await page.getByRole('row').filter({ hasText: 'Apply settings' }).first().click()
    await page.waitForURL(/\/orders\/[0-9a-f-]{36}/)
    const id = await finishes()
    await page.getByText('Set at 2 of 2', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Effective' }).click()
    await page.waitForURL(/outcome=effective/)
    await settle(page)
    expect(await page.getByRole('row').filter({ hasText: 'Effective' }).count()).toBe(agents)
    expect((await orderNow(id)).counts.succeeded).toBe(agents)
    expect(await axe(page)).toEqual([])
  })

  it('addresses for all customers, and Undo: with a dry run of its own, once, and greyed with the reason where there is none (ADM-2)', async () => {
    const { page } = giver!
    const lists = async () =>
      (
        await Promise.all(
          customerIds.map(async (customerId) =>
            (await client.call(urlListsApi.listUrls, { query: { customerId, kind: 'blocked' } })).rows.map(({ text }) => text),
          ),
        )
      ).flat()
    await page.goto(`${product.url}/orders/new?type=change-urls`)
    await settle(page)
    await page.getByText('Blocked', { exact: true }).click()
    await page.getByLabel('Addresses').fill('*.hameçon.example\n\nhttp://203.0.113.9:8080/login')
    await page.getByRole('button', { name: 'See what would happen' }).click()
    await page.waitForURL(/\/orders\/[0-9a-f-]{36}/)
    await page.getByText('It changes something at 2 places.').waitFor()
    await page.getByText('Add *.hameçon.example (*.xn--hameon-zua.example)').first().waitFor()
    expect(await lists()).toEqual([])
    await page.getByRole('button', { name: /: 2 places$/ }).click()
    const given = await finishes()
    expect((await lists()).toSorted()).toEqual([
      '*.xn--hameon-zua.example',
      '*.xn--hameon-zua.example',
      'http://203.0.113.9:8080/login',
      'http://203.0.113.9:8080/login',
    ])

    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await page.waitForURL((url) => /\/orders\/[0-9a-f-]{36}/.test(url.pathname) && idOf(url.pathname) !== given)
    await page.getByText('Remove *.hameçon.example (').first().waitFor()
    expect(await lists()).toHaveLength(4)
    await page.getByRole('button', { name: /: 2 places$/ }).click()
    const undo = await finishes()
    expect([await lists(), (await orderNow(undo)).undoOf]).toEqual([[], given])
    await page.goto(`${product.url}/orders/${given}`)
    await settle(page)
    await page.getByRole('link', { name: 'A later order' }).waitFor()
    await greyedUndo('It has been taken back already.')
  })

  it('settings halted in the middle: the page says that what was set stays wanted, and Undo takes it back (ADM-3, R16)', async () => {
    const { page } = giver!
    // agents that take it and say no more: the first ring does not end by itself
    for (const agent of fleet.agents) agent.answers = 'silent'
    const {
      order: { id },
    } = await client.call(ordersApi.draftOrder, {
      body: {
        type: 'apply-settings',
        target: { kind: 'customers', customerIds },
        params: { at: 'customer', values: { 'update-schedule.every-hours': 7 } },
      },
    })
    await client.call(ordersApi.confirmOrder, { params: { orderId: id }, body: {} as never })
    await page.goto(`${product.url}/orders/${id}`)
    await page.getByText('Set at 1 of 2', { exact: true }).waitFor()
    await greyedUndo('It has not ended yet. Halt it first, or wait for its end.')
    await page.getByRole('button', { name: 'Halt', exact: true }).click()
    await page.getByRole('dialog').getByText('What is set stays set').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Halt', exact: true }).click()
    await page.getByText('It stays set at 1 place').waitFor()
    expect(await axe(page)).toEqual([])
    for (const agent of fleet.agents) agent.answers = null
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await page.waitForURL((url) => /\/orders\/[0-9a-f-]{36}/.test(url.pathname) && idOf(url.pathname) !== id)
    await page.getByText('It changes something at 1 place.').waitFor()
    await page.getByRole('button', { name: 'Apply settings: 1 place' }).click()
    await finishes()
    await page.goto(`${product.url}/orders/${id}`)
    await settle(page)
    expect(await page.getByText('It stays set at').count()).toBe(0)
    expect(giver!.faults).toEqual([])
  })
})
