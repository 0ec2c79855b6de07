import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { customersApi } from '@vigie/domain/customers'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser, settle, visit, type Visit } from '../../web/e2e/kit.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { startProduct, type Product } from './product.ts'

const isBuilt = existsSync(path.resolve(import.meta.dirname, '../../web/dist/index.html'))
if (!isBuilt) process.stderr.write('skipped, tree: the console is not built\n')

const endpoints = 20_000
/** A busy machine needs it. */
const patience = { timeout: 15_000 }
const profile = (company: string) => ({
  company,
  address: '',
  city: '',
  state: '',
  postalCode: '',
  country: 'FR',
  industry: '',
  sizeEndpoints: null,
  phone: '',
})

describe.skipIf(!isBuilt)('a network tree of 20,000 endpoints (PRD-3)', () => {
  let product: Product
  let opened: Awaited<ReturnType<typeof openBrowser>>
  let seen: Visit
  let customerId: string
  let productId: string
  let smallCustomerId: string

  beforeAll(async () => {
    product = await startProduct()
    const client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, { businessName: 'Tree', email: 'tree@example.com', password: 'a long enough phrase 71' })
    const add = async (company: string, accountId: string) => {
      const made = await client.call(customersApi.createCustomer, {
        body: {
          profile: profile(company),
          account: { accountId, timeZone: 'UTC', locale: 'en' },
          contact: { firstName: 'A', lastName: 'B', email: 'a@example.com', phone: '', locale: 'en' },
          tags: [],
          products: [{ typeId: 'clamav-site-server', description: 'Site1' }],
        },
      })
      return [made.customer.id, made.products[0]!.id] as const
    }
    ;[customerId, productId] = await add('Large', 'large')
    const [small, smallProduct] = await add('Small', 'small')
    smallCustomerId = small
    const database = await connect(product.folder)
    for (const [of, count] of [
      [productId, endpoints],
      [smallProduct, 20],
    ] as const)
      await fill(database, of, count)
    await database.end()
    opened = await openBrowser()
    seen = await visit(opened.browser, { theme: 'light', width: 1440, locale: 'en' })
    await seen.context.addCookies(client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
    await seen.page.goto(`${product.url}/customers/${smallCustomerId}`)
    await settle(seen.page)
  }, 180_000)
  afterAll(async () => {
    await opened?.close()
    await product?.stop()
  }, 60_000)

  const group = (name: RegExp) => seen.page.getByRole('treeitem', { name, level: 2 })
  const rows = () => seen.page.getByRole('treeitem', { level: 3 })
  const open = async (customer: string) => {
    await seen.page.goto(`${product.url}/customers/${customer}`)
    await group(/Servers/).waitFor()
    await settle(seen.page)
    return await seen.page.evaluate(async () => {
      const line = [...document.querySelectorAll('[role="treeitem"][aria-level="2"]')].find((one) => one.textContent!.includes('Servers'))!
      const from = performance.now()
      line.querySelector<HTMLElement>('[data-toggle]')!.click()
      while (!document.querySelector('[role="treeitem"][aria-level="3"]')) await new Promise(requestAnimationFrame)
      return performance.now() - from
    })
  }

  it('opens to its first lines like a tree of 20, and draws only what is in sight', async () => {
    const best = async (customer: string) => Math.min(await open(customer), await open(customer), await open(customer))
    const [small, large] = [await best(smallCustomerId), await best(customerId)]
    console.log(
      JSON.stringify({
        bench: 'tree.first-lines',
        ms: Math.round(large),
        ratio: Number((large / small).toFixed(2)),
        yardstick: 'the same with 20 endpoints',
      }),
    )
    // 200 lines are brought instead of 20; what there is behind them must cost nothing
    expect(large).toBeLessThan(small * 4 + 150)
    expect(await rows().count()).toBeLessThan(80)
    expect(await rows().first().getAttribute('aria-setsize')).toBe(String(endpoints))
  }, 60_000)

  it('brings the rest as one scrolls, with no more lines in the document', async () => {
    await open(customerId)
    const tree = seen.page.getByRole('tree')
    for (let n = 0; n < 6; n++) {
      await tree.evaluate((element) => (element.scrollTop = element.scrollHeight))
      await expect
        .poll(() => tree.evaluate((element) => element.scrollTop + element.clientHeight < element.scrollHeight - 400), patience)
        .toBe(true)
      expect(await seen.page.getByRole('treeitem').count()).toBeLessThan(80)
    }
    const last = Number(await rows().last().getAttribute('aria-posinset'))
    expect(last).toBeGreaterThan(1_000)
  }, 60_000)

  it('is walked by keys (WAI-ARIA tree)', async () => {
    await open(customerId)
    const at = () =>
      seen.page.evaluate(
        () => document.activeElement?.getAttribute('aria-level') + ' ' + document.activeElement?.getAttribute('data-node')?.slice(-8),
      )
    await seen.page.getByRole('treeitem', { level: 1 }).focus()
    await seen.page.keyboard.press('ArrowRight') // open already: to its first child
    expect(await at()).toMatch(/^2 .*servers$/)
    await seen.page.keyboard.press('ArrowRight')
    await expect.poll(at, patience).toMatch(/^3 /)
    for (let n = 0; n < 60; n++) await seen.page.keyboard.press('ArrowDown')
    await expect.poll(() => seen.page.evaluate(() => document.activeElement?.getAttribute('aria-posinset')), patience).toBe('61')
    await seen.page.keyboard.press('ArrowLeft')
    await expect.poll(at, patience).toMatch(/^2 .*servers$/)
    await seen.page.keyboard.press('Home')
    await expect.poll(at, patience).toMatch(/^1 /)
  }, 60_000)

  it('finds one among all, its path opened', async () => {
    await seen.page.goto(`${product.url}/customers/${customerId}?q=pc-19999`)
    await expect.poll(() => rows().count(), patience).toBe(1)
    expect(await rows().first().textContent()).toContain('pc-19999')
  }, 30_000)

  it('makes a group, and an endpoint is moved into it by its menu; counts follow', async () => {
    await open(smallCustomerId)
    await seen.page.getByRole('treeitem', { level: 1 }).click({ button: 'right' })
    await seen.page.getByRole('menuitem', { name: 'Add a group' }).click()
    await seen.page.getByRole('textbox', { name: 'Name of the group' }).fill('Tills')
    // a press beside it loses nothing that was typed
    await seen.page.mouse.click(5, 5)
    await seen.page.getByRole('dialog').getByRole('button', { name: 'Add a group' }).click()
    await group(/Tills/).waitFor()
    await rows()
      .first()
      .click({ button: 'right', position: { x: 300, y: 18 } })
    await seen.page.getByRole('menuitem', { name: 'Move to a group' }).click()
    const chooser = seen.page.getByRole('dialog').locator('input:not([type="hidden"])').first()
    await chooser.click()
    await seen.page.getByRole('option', { name: 'Tills' }).waitFor()
    // closes the list, not the dialog with what one has entered
    await seen.page.keyboard.press('Escape')
    await expect.poll(() => chooser.getAttribute('aria-expanded'), patience).toBe('false')
    await chooser.click()
    await seen.page.getByRole('option', { name: 'Tills' }).click()
    await seen.page.getByRole('dialog').getByRole('button', { name: 'Move' }).click()
    await expect.poll(() => group(/Tills/).textContent(), patience).toContain('1 endpoint')
    expect(await group(/Servers/).textContent()).toContain('19 endpoints')
  }, 60_000)

  it('the list of all of them, its quick filters and the guided check answer', async () => {
    await seen.page.goto(`${product.url}/inventory`)
    await settle(seen.page)
    await seen.page.getByRole('link', { name: /Missing protection/ }).click()
    await expect.poll(() => seen.page.url(), patience).toContain('isUnprotected=true')
    // and says of each what it lacks
    await seen.page.getByRole('columnheader', { name: 'Missing protection' }).waitFor()
    await seen.page.goto(`${product.url}/inventory/missing`)
    await seen.page.getByRole('textbox').first().fill('nobody-knows-it')
    await seen.page.getByRole('button', { name: 'Find out why' }).click()
    await seen.page.getByText('This installation has never heard of this machine.').waitFor()
    await seen.page.goto(`${product.url}/inventory/missing?q=pc-17`)
    await seen.page.getByText('What Vigie knows').waitFor()
    expect(seen.faults).toEqual([])
  }, 60_000)
})

/** The embedded database, past the server: 20,000 agents would take as many enrolments. */
async function connect(folder: string): Promise<pg.Client> {
  const [, , , port, host] = readFileSync(path.join(folder, 'data/postgres/postmaster.pid'), 'utf8').split('\n')
  const client = new pg.Client({ host: host!, port: Number(port), user: 'vigie', database: 'vigie' })
  await client.connect()
  return client
}

async function fill(database: pg.Client, productId: string, count: number): Promise<void> {
  await database.query(
    `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", addresses, platform, engine, engine_version, real_time_scan, received_at, collected_at, pattern_built_at)
     select partner_id, gen_random_uuid(), customer_id, id, 'k' || n, 'pc-' || lpad(n::text, 5, '0'), 'servers', array['10.' || n / 62500 || '.' || n / 250 % 250 || '.' || n % 250], 'Debian 13', 'clamav', '1.4.3', case when n % 50 = 3 then 'off' else 'on' end, now(), now(), now()
     from product, generate_series(1, $2::integer) n where id = $1`,
    [productId, count],
  )
  await database.query(`update endpoint_group set endpoint_count = $2 where product_id = $1 and name = 'servers'`, [productId, count])
  await database.query('update product set endpoint_count = $2 where id = $1', [productId, count])
  await database.query('update customer set endpoint_count = $2 where id = (select customer_id from product where id = $1)', [
    productId,
    count,
  ])
  await database.query('analyze endpoint')
}
