import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessApi } from '@vigie/domain/access'
import type { Item } from '@vigie/domain/agents'
import { customersApi } from '@vigie/domain/customers'
import { dashboardApi } from '@vigie/domain/dashboard'
import { productsApi } from '@vigie/domain/products'
import { axe, openBrowser, settle, visit, type Visit } from '../../web/e2e/kit.ts'
import { EnrolClient, fetchCa, startFleet } from '../src/agents/index.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { startProduct, type Product } from './product.ts'

const isBuilt = existsSync(path.resolve(import.meta.dirname, '../../web/dist/index.html'))
if (!isBuilt) process.stderr.write('skipped, dashboard: the console is not built\n')

/** DSH-1, DSH-2, EVT-8: one's own tabs and widgets by keyboard and pointer, in two windows, with figures that move by themselves and lead to their rows, on a wall too. In order. */
describe.skipIf(!isBuilt)('the dashboard', { timeout: 30_000 }, () => {
  let product: Product
  let client: ConsoleClient
  let fleet: Awaited<ReturnType<typeof startFleet>>
  let browser: Awaited<ReturnType<typeof openBrowser>>
  let desk: Visit
  let page: Page

  const enter = async (address: string) => {
    const seen = await visit(browser.browser)
    await seen.context.addCookies(client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
    await seen.page.goto(product.url + address)
    await settle(seen.page)
    return seen
  }
  const widget = (title: string, on = page) => on.locator('section').filter({ has: on.getByRole('heading', { name: title, exact: true }) })
  const titles = (on = page) => on.locator('section h2').allInnerTexts()
  const menu = async (title: string, item: string) => {
    await page.getByRole('button', { name: `${title}: move, size, help, close` }).click()
    await page.getByRole('menuitem', { name: item, exact: true }).click()
  }
  const kept = async () => (await client.call(dashboardApi.getDashboard, {})).tabs
  /** The server has it: what is shown at once is kept a moment later. */
  const whenKept = (what: (tabs: Awaited<ReturnType<typeof kept>>) => unknown, expected: unknown) =>
    expect.poll(async () => what(await kept()), { timeout: 10_000 }).toEqual(expected)
  const kindsOf = (at: number) => (tabs: Awaited<ReturnType<typeof kept>>) => tabs[at]?.widgets.map(({ kind }) => kind)

  const detection = (outcome: string): Item => ({
    kind: 'detection',
    endpoint: 'till',
    at: new Date().toISOString(),
    category: 'antivirus',
    threat: 'Win.Test.Agent',
    object: `/srv/${outcome}.exe`,
    outcome,
    engine: 'clamav',
    contentId: randomBytes(16).toString('hex'),
  })

  beforeAll(async () => {
    product = await startProduct()
    browser = await openBrowser()
    client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, {
      businessName: 'Atelier Réseau',
      email: 'claire@example.com',
      password: 'une vigie veille la nuit',
    })
    await client.call(accessApi.updateMe, { body: { timeZone: 'Europe/Paris' } })
    const { customer } = await client.call(customersApi.createCustomer, {
      body: {
        profile: { company: 'Boulangerie Martin', country: 'FR', city: '', industry: '', sizeEndpoints: null },
        account: { accountId: 'C-1', timeZone: 'Europe/Paris', locale: 'en' },
        contact: { firstName: 'Paul', lastName: 'Martin', email: 'paul@example.com', locale: 'en' },
        tags: [],
      },
    })
    const { id } = await client.call(productsApi.createProduct, {
      params: { customerId: customer.id },
      body: { typeId: 'clamav-endpoint', description: 'Till' },
    })
    const { guid, key, caFingerprint, installCommand } = await client.call(productsApi.issueKey, { params: { productId: id } })
    const url = /https:\/\/[^/' ]+/.exec(installCommand)![0]
    const server = { url, ca: await fetchCa(url, caFingerprint) }
    const enroller = new EnrolClient(server, 1)
    const identity = await enroller.enrol(
      { guid, key },
      {
        hostname: 'till',
        platform: 'Debian 13 (simulated)',
        fingerprint: createHash('sha256').update('till').digest('hex'),
        addresses: ['10.20.0.1'],
      },
    )
    enroller.close()
    fleet = await startFleet({ server, agents: [identity], engine: { answers: 'succeed', workMs: 100 } })
    await fleet.drained()
    desk = await enter('/home')
    page = desk.page
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await fleet?.stop()
    await product?.stop()
  }, 60_000)

  it('is there at the first sign-in, as the role is given, and says that nothing needs anybody', async () => {
    await page.getByText('Nothing needs you right now').waitFor()
    expect(await titles()).toEqual(['Notifications', 'Customers needing most attention', 'Threat management', 'Inventory health'])
    expect((await client.call(dashboardApi.getDashboard, {})).version).toBe(0)
    expect(await axe(page)).toEqual([])
  })

  it('an infection shows by itself, with its reason, its step, and the way to its rows (EVT-8)', async () => {
    fleet.agents[0]!.tell([{ ...detection('failed'), endpoint: fleet.agents[0]!.identity.machine.fingerprint } as Item])
    await widget('Notifications').getByRole('link', { name: '1 infection could not be cleaned' }).waitFor()
    await widget('Notifications').getByRole('button', { name: 'Scan now: 1 infection could not be cleaned, Till' }).waitFor()
    await widget('Customers needing most attention').getByRole('link', { name: 'Boulangerie Martin' }).waitFor()
    await widget('Threat management').getByRole('link', { name: '1 Antivirus' }).click()
    await page.waitForURL(/\/detections\?.*countedFrom/)
    // the address is there before the screen: until then home still stands
    await page.locator('tr[data-row]').first().waitFor()
    expect(await page.locator('tr[data-row]').count()).toBe(1)
    await page.goBack()
    await page.waitForURL(/\/home/)
    await widget('Threat management').waitFor()
    await settle(page)
  })

  it('a tab of one’s own, filled from the gallery', async () => {
    await page.getByRole('button', { name: 'Add tab' }).click()
    await page.getByRole('textbox', { name: 'Name of the tab' }).fill('Mine')
    await page.getByRole('dialog').getByRole('button', { name: 'Add tab' }).click()
    await page.getByText('This tab is empty').waitFor()
    await page.getByRole('button', { name: 'Add widget' }).last().click()
    const gallery = page.getByRole('dialog')
    for (const title of ['Agents by state', 'System management', 'Inventory health'])
      await gallery.getByRole('button', { name: `Add ${title}` }).click()
    await page.keyboard.press('Escape')
    await whenKept(kindsOf(3), ['agents-by-state', 'system', 'inventory-health'])
  })

  it('is moved and resized by keyboard alone, and said so', async () => {
    const grip = page.getByRole('button', { name: 'Move Inventory health' })
    await grip.focus()
    await page.keyboard.press('Enter')
    await page.getByText('Inventory health picked up, place 3 of 3').waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowLeft')
    await page.getByText('Place 2 of 3').waitFor({ state: 'attached' })
    await page.keyboard.press('Shift+ArrowRight')
    await page.getByText('2 columns wide, 4 rows high').waitFor({ state: 'attached' })
    expect(await titles()).toEqual(['Agents by state', 'Inventory health', 'System management'])
    await page.keyboard.press('Enter')
    await page.getByText('Inventory health put down, place 2 of 3').waitFor({ state: 'attached' })
    await whenKept(
      (tabs) => tabs[3]!.widgets.map(({ kind, span }) => `${kind} ${span}`),
      ['agents-by-state 1', 'inventory-health 2', 'system 1'],
    )
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Escape')
    await page.getByText('Inventory health is where it was, place 2 of 3').waitFor({ state: 'attached' })
    expect(await titles()).toEqual(['Agents by state', 'Inventory health', 'System management'])
  })

  it('is dragged by its handle, resized by its corner, closed, and brought back', async () => {
    const from = (await page.getByRole('button', { name: 'Move System management' }).boundingBox())!
    const to = (await widget('Agents by state').boundingBox())!
    await page.mouse.move(from.x + 4, from.y + 4)
    await page.mouse.down()
    await page.mouse.move(from.x + 20, from.y - 20)
    await page.mouse.move(to.x + 20, to.y + 40)
    await page.mouse.up()
    await whenKept(kindsOf(3), ['system', 'agents-by-state', 'inventory-health'])
    const box = (await widget('System management').boundingBox())!
    await page.mouse.move(box.x + box.width - 5, box.y + box.height - 5)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 1.9, box.y + box.height + 85)
    await page.mouse.up()
    await whenKept((tabs) => tabs[3]!.widgets.map(({ span, height }) => [span, height])[0], [2, 5])
    await menu('Agents by state', 'Close widget')
    await whenKept(kindsOf(3), ['system', 'inventory-health'])
    await page.getByRole('button', { name: 'Undo' }).click()
    await whenKept(kindsOf(3), ['system', 'agents-by-state', 'inventory-health'])
    await page.reload()
    await settle(page)
    expect(await titles()).toEqual(['System management', 'Agents by state', 'Inventory health'])
  })

  it('of one kind of threat at gateways, chosen by keyboard and kept (DSH-2)', async () => {
    await page.getByRole('button', { name: 'Add widget' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Add Top gateways by threat' }).click()
    await page.keyboard.press('Escape')
    await widget('Top gateways by threat').getByText('No threats at gateways').waitFor()
    await page.getByRole('button', { name: 'Top gateways by threat, kind of threat: All threats' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitemcheckbox', { name: 'All threats' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await whenKept((tabs) => tabs[3]!.widgets[3]!.options, { kind: 'botnet' })
    await page.getByRole('region', { name: 'Top gateways by threat, Last 24 hours, Botnet' }).waitFor()
    await menu('Top gateways by threat', 'Close widget')
    await whenKept(kindsOf(3), ['system', 'agents-by-state', 'inventory-health'])
    await page.reload()
    await settle(page)
  })

  it('two windows: a change of the one reaches the other; one that was made from an old state is told and shown the new one', async () => {
    const other = await enter('/home?tab=estate')
    await menu('Agents by state', 'Threats')
    await whenKept(kindsOf(3), ['system', 'inventory-health'])
    await other.page.goto(`${product.url}/home?tab=threats`)
    await widget('Agents by state', other.page).waitFor()
    // the other window has not heard of what comes now
    await other.context.route('**/api/v1/dashboard', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()))
    const { version, tabs } = await client.call(dashboardApi.getDashboard, {})
    await client.call(dashboardApi.putDashboard, { body: { tabs: tabs.slice(0, 3) }, headers: { 'if-match': `"${version}"` } })
    await other.page.getByRole('button', { name: 'Agents by state: move, size, help, close' }).click()
    await other.page.getByRole('menuitem', { name: 'Close widget' }).click()
    await other.context.unroute('**/api/v1/dashboard')
    await other.page.getByRole('alert').filter({ hasText: 'changed' }).waitFor()
    await whenKept((now) => now.length, 3)
    await widget('Agents by state', other.page).waitFor()
    await other.close()
  })

  it('on a wall: nothing to press, the next tab in its turn, and Escape ends it', async () => {
    await page.goto(`${product.url}/home?wall=600`)
    await settle(page)
    const wall = page.getByRole('dialog', { name: 'Wall screen' })
    const shows = (tab: string) => wall.getByRole('heading', { name: tab, exact: true }).waitFor()
    await shows('Now')
    await wall.getByText('1 infection could not be cleaned').waitFor()
    expect(await wall.getByRole('button', { name: /Scan now/ }).count()).toBe(0)
    // a legend says what its colours are (OPS-5)
    await wall.getByRole('region', { name: 'Threat management' }).locator('ul').getByText('Antivirus', { exact: true }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.keyboard.press('ArrowRight')
    await shows('Estate')
    await page.goto(`${product.url}/home?wall=1&tab=threats`)
    await shows('Now')
    await shows('Estate')
    await page.keyboard.press('Escape')
    await wall.waitFor({ state: 'detached' })
    expect(new URL(page.url()).searchParams.has('wall')).toBe(false)
    expect(desk.faults.splice(0)).toEqual([])
  })

  it('on a wall, the server gone: says so instead of showing old numbers as new ones', async () => {
    await page.goto(`${product.url}/home?wall=600`)
    await settle(page)
    await fleet.stop()
    await product.stop()
    await page.getByText(/Connection lost\. These numbers are of/).waitFor()
  })
})
