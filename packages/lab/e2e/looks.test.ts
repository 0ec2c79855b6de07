import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventsApi } from '@vigie/domain/events'
import { identityApi } from '@vigie/domain/identity'
import { locales, type BodyInputOf, type Locale } from '@vigie/domain/kernel'
import { maintenanceApi } from '@vigie/domain/maintenance'
import { ordersApi } from '@vigie/domain/orders'
import { outbreakApi } from '@vigie/domain/outbreak'
import { axe, openBrowser, settle, untranslated, visit, type Look, type Visit } from '../../web/e2e/kit.ts'
import { fill, hostile, type Estate } from './estate.ts'
import { startProduct, type Product } from './product.ts'

const isBuilt = existsSync(path.resolve(import.meta.dirname, '../../web/dist/index.html'))
if (!isBuilt) process.stderr.write('skipped, looks: the console is not built\n')

const isLong = process.env['VIGIE_TEST_LONG'] === '1'
type Theme = Look['theme']
type Width = Look['width']
const themes: Theme[] = ['light', 'dark']
const widths: Width[] = [1440, 390]

/**
 * Every screen of a signed-in person, over what agents really told, in every theme, width and language (OPS-4, OPS-5, R12, R38). One page a width goes through all
 * screens inside the console, as a person does, and changes its theme where it stands. Those outside (sign-in, invitation ...) are in the console's own tests.
 */
describe.skipIf(!isBuilt)('every screen in every look', () => {
  let product: Product
  let estate: Estate
  let opened: Awaited<ReturnType<typeof openBrowser>>
  let desk: Visit
  let screens: [name: string, address: string][]

  const enter = async (look: Look): Promise<Visit> => {
    const seen = await visit(opened.browser, look)
    await seen.context.addInitScript(() => {
      if (location.protocol !== 'about:') localStorage.setItem('vigie.theme', 'auto')
    })
    await seen.context.addCookies(estate.client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
    seen.page.on('dialog', (dialog) => {
      seen.faults.push(`a script ran: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await seen.page.goto(`${product.url}/home`)
    await settle(seen.page)
    return seen
  }

  /** The account's own language goes before the browser's. */
  const speak = async (locale: Locale) => {
    await desk.page.goto(`${product.url}/home`)
    await desk.page.evaluate(
      (wanted) =>
        fetch('/api/v1/me', { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ locale: wanted }) }),
      locale,
    )
  }

  beforeAll(async () => {
    product = await startProduct()
    opened = await openBrowser()
    estate = await fill(product.url, product.setupLink)
    desk = await enter({ theme: 'light', width: 1440, locale: 'en' })
    screens = await addresses(desk.page, estate)
  }, 180_000)
  afterAll(async () => {
    await opened?.close()
    await estate?.stop()
    await product?.stop()
  }, 60_000)

  describe.each(locales)('%s', (locale) => {
    it('shows no fault', async () => {
      await speak(locale)
      const complaints = await Promise.all(
        widths.map(async (width) => {
          const seen = await enter({ theme: 'light', width, locale })
          const found: string[] = []
          for (const [index, [name, address]] of screens.entries()) {
            if (!isVisited(index, locale, width)) continue
            await goTo(seen.page, address)
            for (const fault of await faultsOf(seen.page, width)) found.push(`${name} (${width}, ${locale}): ${fault}`)
            // where axe looks, in the theme it looks at; between them a screen is met in the theme that the one before was left in
            for (const theme of themes.filter((one) => isChecked(index, locale, width, one))) {
              await seen.page.emulateMedia({ colorScheme: theme })
              for (const one of await axe(seen.page)) found.push(`${name} (${theme}, ${width}, ${locale}): ${one}`)
            }
            for (const fault of seen.faults.splice(0)) found.push(`${name} (${width}, ${locale}): ${fault}`)
          }
          await seen.close()
          return found
        }),
      )
      expect(complaints.flat()).toEqual([])
    }, 240_000)
  })

  describe.each(themes)('what opens over a screen, %s', (theme) => {
    const over: [name: string, address: string, open: (page: Page) => Promise<unknown>][] = [
      [
        'search and commands',
        '/home',
        async (page) => {
          await page.keyboard.press('Control+k')
          await page.getByRole('combobox').fill('fournil')
          await page
            .getByRole('option', { name: /fournil-01/ })
            .first()
            .waitFor()
        },
      ],
      ['shortcuts', '/home', (page) => page.keyboard.press('?')],
      ['the account menu', '/home', (page) => page.getByRole('button', { name: /^Account of/ }).click()],
      ['columns', '/customers', (page) => page.getByRole('button', { name: 'View and export' }).click()],
      ['widgets to add', '/home', (page) => page.getByRole('button', { name: 'Add widget' }).click()],
      ['errors at their fields', '/customers/new', (page) => page.getByRole('button', { name: 'Next' }).click()],
    ]
    // by turns; in the long run each in both
    it.each(over.filter((_, index) => isLong || index % 2 === themes.indexOf(theme)))(
      '%s',
      async (_, address, open) => {
        await speak('en')
        await desk.page.emulateMedia({ colorScheme: theme })
        await desk.page.goto(`${product.url}${address}`)
        await settle(desk.page)
        await open(desk.page)
        expect(await axe(desk.page)).toEqual([])
        expect(await faultsOf(desk.page, 1440)).toEqual([])
        await desk.page.goto('about:blank')
        expect(desk.faults.splice(0)).toEqual([])
      },
      60_000,
    )
  })

  it('the bar of what is selected covers none of the rows, however few', async () => {
    await speak('en')
    for (const address of ['/events', `/products/${estate.productIds.get('fournil-01')}`]) {
      await desk.page.goto(`${product.url}${address}`)
      await settle(desk.page)
      await desk.page.getByRole('checkbox', { name: 'Select this row' }).first().check()
      const bar = await desk.page.getByRole('region', { name: 'Selected rows' }).boundingBox()
      const last = await desk.page.locator('tr[data-row]').last().boundingBox()
      expect(bar!.y).toBeGreaterThanOrEqual(last!.y + last!.height)
    }
  }, 60_000)

  it('a template is given to a customer whom only the search finds, and says to whom (ADM-3)', async () => {
    await speak('en')
    const { page } = desk
    await page.goto(`${product.url}/administration/templates/${estate.templateId}`)
    await settle(page)
    await page.getByRole('combobox', { name: 'Customer' }).fill('northgate')
    await page.getByRole('option', { name: 'Northgate Architects' }).click()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('Northgate Architects', { exact: true }).waitFor()
    await page.goto('about:blank')
  }, 60_000)

  it('a resolved event still says what it was about (EVT-6)', async () => {
    await speak('en')
    await desk.page.goto(`${product.url}/events?state=resolved`)
    await settle(desk.page)
    await desk.page.getByText('1 infection could not be cleaned').first().waitFor()
  }, 60_000)

  describe('a maintenance window, by hand (EVT-9)', () => {
    const event = () => desk.page.getByRole('row', { name: /fournil01/ })
    const goes = async (address: string) => {
      await desk.page.goto(`${product.url}${address}`)
      await settle(desk.page)
    }
    const ours = async (name: string) => (await estate.client.call(maintenanceApi.listWindows, { query: { q: name } })).rows
    const changed = async () => {
      const [window] = await ours('Oven room')
      const { name, reason, target, groups, schedule, durationMinutes, timeZone } = window!
      return { window: window!, written: { name, reason, target, groups, schedule, durationMinutes, timeZone } }
    }

    it('planned at the clock of the customer, every day: what is open falls silent', async () => {
      const { page } = desk
      await speak('en')
      await goes('/events')
      await event().first().waitFor()
      await goes('/administration/maintenance/new')
      await page.getByLabel('Name').fill('Oven room')
      await page.getByRole('combobox', { name: 'Applies to' }).click()
      await page.getByRole('option', { name: 'Customer', exact: true }).click()
      await page.getByRole('combobox', { name: 'Customer', exact: true }).fill('boulangerie martin')
      await page.getByRole('option', { name: 'Boulangerie Martin' }).click()
      expect(await page.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe('Europe/Paris')
      await page.getByRole('checkbox', { name: /^Threats/ }).check()
      await page.getByRole('combobox', { name: 'Repeats' }).click()
      await page.getByRole('option', { name: 'Daily' }).click()
      const there = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Paris', dateStyle: 'short', timeStyle: 'short' }).format(new Date())
      await page.getByLabel('From').fill(there.slice(0, 10))
      await page.getByLabel('Begins at').fill(`${there.slice(11, 13)}:00`)
      await expect.poll(() => page.getByRole('status').getByRole('listitem').count()).toBe(5)
      await page.getByRole('button', { name: 'Plan it' }).click()
      await page.waitForURL('**/administration/maintenance?window=*')
      await settle(page)
      await page
        .getByRole('row', { name: /Oven room/ })
        .getByText('Now')
        .waitFor()
      await expect.poll(async () => (await ours('Oven room'))[0]?.silentCount, { timeout: 20_000 }).toBeGreaterThan(0)
      await goes('/events')
      expect(await event().count()).toBe(0)
      await goes('/events?silence=maintenance')
      await event().first().getByText('Maintenance').waitFor()
    }, 60_000)

    it('of two who edit it the second is told, and sees what is stored', async () => {
      const { page } = desk
      const { window, written } = await changed()
      await goes(`/administration/maintenance/${window.id}`)
      await estate.client.call(maintenanceApi.updateWindow, {
        params: { windowId: window.id },
        body: { ...written, reason: 'The other one was here' },
        headers: { 'if-match': String(window.version) },
      })
      await page.getByLabel('What is done').fill('Mine')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Somebody else changed this in the meantime.').waitFor()
      expect((await changed()).window.reason).toBe('The other one was here')
      await page.getByRole('button', { name: 'Show what is stored now' }).click()
      await expect.poll(() => page.getByLabel('What is done').inputValue()).toBe('The other one was here')
      await page.getByLabel('What is done').fill('Ours')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.waitForURL('**/administration/maintenance?window=*')
      expect((await changed()).window.reason).toBe('Ours')
    }, 60_000)

    it('deleted, after a question that says what is heard again: the event is back without a reload', async () => {
      const { page } = desk
      const { window } = await changed()
      const events = await desk.context.newPage()
      await events.goto(`${product.url}/events`)
      await settle(events)
      await goes(`/administration/maintenance?window=${window.id}`)
      await page.getByRole('button', { name: 'Delete' }).click()
      const dialog = page.getByRole('dialog', { name: 'Delete “Oven room”?' })
      await dialog.getByText(/heard again/).waitFor()
      await dialog.getByRole('button', { name: 'Delete' }).click()
      await dialog.waitFor({ state: 'detached' })
      await events
        .getByRole('row', { name: /fournil01/ })
        .first()
        .waitFor()
      await events.close()
      expect(await ours('Oven room')).toEqual([])
      expect(desk.faults.splice(0)).toEqual([])
    }, 60_000)
  })

  it.each(widths)(
    'the events stand worst first, and the list says so; a press on a time puts the newest on top (EVT-4; %d px)',
    async (width) => {
      await speak('en')
      const { page, context, close } = await visit(opened.browser, { theme: 'light', width, locale: 'en' })
      await context.addCookies(estate.client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
      await page.goto(`${product.url}/events`)
      await settle(page)
      const by = (name: string, order: string) => page.locator(`th[aria-sort="${order}"]`).getByRole('link', { name, exact: true })
      const column = (label: string) => page.locator(`tr[data-row] td[data-label="${label}"]`)
      await by('Severity', 'descending').waitFor()
      const severities = await column('Severity').allInnerTexts()
      expect(severities).toEqual([
        ...severities.filter((one) => one === 'Action required'),
        ...severities.filter((one) => one === 'Warning'),
      ])
      expect(new Set(severities).size).toBe(2)
      await by('Since', 'none').click()
      await by('Since', 'descending').waitFor()
      await settle(page)
      const times = await column('Since')
        .locator('time')
        .evaluateAll((all) => all.map((one) => one.getAttribute('datetime')!))
      expect([times.length, new URL(page.url()).search]).toEqual([severities.length, '?sort=-openedAt'])
      expect(times).toEqual(times.toSorted().toReversed())
      await close()
    },
    60_000,
  )

  const declare = () =>
    estate.client.call(outbreakApi.declareAlert, {
      body: { level: 'red', name: 'LockBit', threats: ['LockBit'], endsAt: new Date(Date.now() + 3_600_000).toISOString() },
    })
  /** A page that keeps what moved up or down in it, with the way to ask. */
  const watched = async (width: Width) => {
    const seen = await visit(opened.browser, { theme: 'light', width, locale: 'en' })
    await seen.context.addCookies(estate.client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
    await seen.context.addInitScript(() => {
      const pushed: string[] = []
      Object.assign(window, { pushed })
      new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries() as (PerformanceEntry & {
          sources: { node: Element | null; previousRect: DOMRect; currentRect: DOMRect }[]
        })[])
          for (const { node, previousRect, currentRect } of sources)
            if (previousRect.top !== currentRect.top)
              pushed.push(`${node?.nodeName} ${node?.className}: ${previousRect.top} to ${currentRect.top}`)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    return { ...seen, pushed: () => seen.page.evaluate(() => (window as unknown as { pushed: string[] }).pushed) }
  }
  const banner = (page: Page) => page.getByRole('status').filter({ hasText: 'LockBit' })

  it('a virus alert that begins, or ends, while one looks at a screen moves nothing there; the next screen has its place (EVT-5)', async () => {
    for (const width of widths) {
      const { page, close, faults, pushed } = await watched(width)
      await page.goto(`${product.url}/customers`)
      await settle(page)
      const title = page.getByRole('heading', { level: 1 })
      const before = await title.boundingBox()
      const { id } = await declare()
      await banner(page).getByRole('link').waitFor()
      expect([await title.boundingBox(), await page.locator('[data-alert]').count()]).toEqual([before, 0])
      expect(await untranslated(page)).toEqual([])
      await goTo(page, '/inventory')
      await page.locator('[data-alert=red]').filter({ hasText: 'LockBit' }).waitFor()
      await estate.client.call(outbreakApi.withdrawAlert, { params: { alertId: id } })
      const placed = await title.boundingBox()
      await page.locator('[data-alert=over]').waitFor()
      expect(await title.boundingBox()).toEqual(placed)
      await goTo(page, '/customers')
      expect(await page.locator('[data-alert]').count()).toBe(0)
      expect(await pushed(), `${width} px`).toEqual([])
      expect(faults).toEqual([])
      await close()
    }
  }, 120_000)

  it('a virus alert has its place from the first paint: its words push nothing down (EVT-5)', async () => {
    await declare()
    // one line over the list tells of its events together, once they stand
    await vi.waitFor(
      async () => expect((await estate.client.call(eventsApi.listEvents, { query: { isFolded: 'true' } as never })).folded).not.toBeNull(),
      { timeout: 30_000, interval: 100 },
    )
    for (const width of widths) {
      const { page, close, faults, pushed } = await watched(width)
      await page.goto(`${product.url}/events`)
      await settle(page)
      await banner(page).getByRole('link').waitFor()
      await page.getByText('not listed one by one').waitFor()
      await settle(page)
      expect(await pushed(), `${width} px`).toEqual([])
      // every dashboard shows it, that on the wall too
      await page.goto(`${product.url}/home?wall=30`)
      await page.getByRole('dialog').getByRole('status').filter({ hasText: 'LockBit' }).waitFor()
      expect(faults).toEqual([])
      await close()
    }
  }, 60_000)
})

/** At one width in a language, where axe looks too, if it does; widths take turns. French, the longest, sees every screen; of the others one, in the long run both. */
function isVisited(index: number, locale: Locale, width: Width): boolean {
  const checked = themes.find((theme) => widths.some((one) => isChecked(index, locale, one, theme)))
  if (checked === undefined && !isLong && locale !== 'fr' && (locale === 'en') !== (index % 2 === 0)) return false
  return checked === undefined ? (width === 1440) === (index % 2 === 0) : isChecked(index, locale, width, checked)
}

/** Each screen meets axe once, themes, languages and widths taking turns; in the long run in both themes. */
function isChecked(index: number, locale: Locale, width: Width, theme: Theme): boolean {
  const turn = (index + locales.indexOf(locale)) % 3
  if (turn === 2 || (!isLong && turn !== Math.floor(index / 3) % 2)) return false
  const isLight = turn === 0
  const isWide = isLight === (index % 2 === 0)
  return theme === (isLight ? 'light' : 'dark') && width === (isWide ? 1440 : 390)
}

interface Router {
  /** Resolves when the screen is loaded. */
  navigate(to: { href: string }): Promise<void>
  state: { status: 'idle' | 'pending'; resolvedLocation?: { href: string } }
}
/** As a link does: without loading the page anew. */
async function goTo(page: Page, address: string): Promise<void> {
  const { status, shown, asked } = await page.evaluate(async (href) => {
    const { __TSR_ROUTER__: router } = window as unknown as { __TSR_ROUTER__: Router }
    await router.navigate({ href })
    return { status: router.state.status, shown: router.state.resolvedLocation?.href.split('?')[0], asked: href.split('?')[0] }
  }, address)
  expect([status, shown]).toEqual(['idle', asked])
  await settle(page)
}

/** What nobody should ever see, beside what axe looks for, on a page that has settled. */
async function faultsOf(page: Page, width: Width): Promise<string[]> {
  const seen = await page.evaluate((isDesk) => {
    const cut = (selector: string) =>
      [...document.querySelectorAll(selector)].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent ?? '')
    /** Sorted by it, a column's word has an arrow after it: 12 px and 4 before. */
    const hasNoRoom = (word: Element) => {
      const range = document.createRange()
      range.selectNodeContents(word)
      return range.getBoundingClientRect().width + 16 > word.parentElement!.clientWidth - 24
    }
    return {
      arrowless: isDesk
        ? [...document.querySelectorAll('th[aria-sort="none"] > a')].filter(hasNoRoom).map((one) => one.textContent ?? '')
        : [],
      // as a list stands until somebody adds a column, all of it is in sight
      sideways: isDesk
        ? [...document.querySelectorAll('table')].filter((one) => one.offsetWidth > one.parentElement!.clientWidth + 1).length
        : 0,
      wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      cut: isDesk ? [...cut('th[scope="col"] > :first-child:not(.sr-only)'), ...cut('button')] : [],
      planted:
        document.querySelectorAll('img[src="x"], [onerror]').length +
        [...document.querySelectorAll('iframe')].reduce(
          (sum, frame) => sum + (frame.contentDocument?.querySelectorAll('img[src="x"], [onerror]').length ?? 0),
          0,
        ),
    }
  }, width === 1440)
  return [
    ...(seen.wider > 0 ? [`${seen.wider} px wider than the window`] : []),
    ...(seen.sideways > 0 ? ['a table that scrolls sideways'] : []),
    ...seen.cut.map((words) => `cut short: ${words}`),
    ...seen.arrowless.map((words) => `no room for the arrow of an order: ${words}`),
    ...(seen.planted > 0 ? ['hostile text became an element'] : []),
    ...(await untranslated(page)).map((key) => `the key ${key}`),
  ]
}

/** Every screen with something in it, and with nothing; each tab; each panel; what is hostile, long, stale, pending, resolved, disabled, copied. */
async function addresses(page: Page, { client, productIds, customerIds, templateId }: Estate): Promise<[string, string][]> {
  const rows = (path: string) =>
    page.evaluate(async (p) => ((await (await fetch(`/api/v1${p}`)).json()) as { rows: Record<string, string>[] }).rows, path)
  const [events, resolved, endpoints, accounts, mails, records, commands] = await Promise.all([
    rows('/events?limit=100'),
    rows('/events?state=resolved'),
    rows('/endpoints?limit=100'),
    rows('/accounts'),
    rows('/deliveries?limit=50'),
    rows('/audit?limit=5'),
    rows('/commands'),
  ])
  const product = (name: string) => `/products/${productIds.get(name)}`
  const customer = (name: string) => `/customers/${[...customerIds].find(([one]) => one.startsWith(name))?.[1]}`
  const event = (name: string) => events.find((one) => one['productId'] === productIds.get(name))?.['id']
  const endpoint = (name: string) => endpoints.find((one) => one['name'] === name)?.['id']
  const target = { kind: 'products' as const, productIds: [productIds.get('fournil-01')!, productIds.get('plans-nas')!] }
  const draft = await client.call(ordersApi.draftOrder, { body: { type: 'scan-now', target } })
  const given = await client.call(ordersApi.draftOrder, { body: { type: 'scan-now', target } })
  await client.call(ordersApi.confirmOrder, { params: { orderId: given.order.id }, body: {} })
  const window = await plannedWork(client, { all: customerIds.get('Garage de Lille')!, now: productIds.get('haisha-db')! })
  // the one that is away does not answer: its switch stays under way
  const { connectionCode } = await client.call(identityApi.issueConnectionCode, {
    params: { productId: productIds.get('Bureau')! as never },
    body: { machines: 1 },
  })
  const leaving = await client.call(identityApi.startSwitch, {
    params: { productId: productIds.get('caisse-02')! as never },
    body: { connectionCode, confirmName: 'caisse02', reason: hostile },
  })
  const all: [string, string][] = [
    ['home', '/home'],
    ['home, estate', '/home?tab=estate'],
    ['home, on a wall', '/home?wall=600'],
    ['products', '/products'],
    ['search', '/search?q=martin'],
    ['search, one kind', '/search?q=01&kind=endpoint'],
    ['search, not yet', '/search'],
    ['search, threats', '/search?q=trojan&kind=threat'],
    ['events', '/events'],
    ['event beside', `/events?event=${event('fournil-01')}`],
    ['event, failed command', `/events/${event('pharmacie')}`],
    ['event, burst', `/events/${event('courrier')}`],
    ['event, pending', `/events/${event('imagerie-03')}`],
    ['event, resolved', `/events/${resolved[0]?.['id']}`],
    ['event, by endpoint', `/events/${event('courrier')}?tab=endpoint`],
    ['event, by file', `/events/${event('courrier')}?tab=object`],
    ['event, hostile', `/events/${event(hostile)}`],
    ['events, none', '/events?q=zzzz'],
    ['customers', '/customers'],
    ['customer', customer('Clinique')],
    ['customer, empty', customer('Garage de Lille')],
    ['customer, hostile', customer(hostile)],
    ['customer, long', customer('Wohnung')],
    ...[
      'events',
      'licences',
      'commands',
      'profile',
      'contacts',
      'consent',
      'notifications',
      'psa',
      'settings',
      'urls',
      'indexes',
      'access',
      'activity',
    ].map((tab): [string, string] => [`customer, ${tab}`, `${customer('Boulangerie')}?tab=${tab}`]),
    ['new customer', '/customers/new'],
    ['new product', `${customer('Boulangerie')}/products/new`],
    ['connect', `${product('Bureau')}/connect`],
    ['connected', `${product('fournil-01')}/connect`],
    ...['groups', 'endpoints', 'agents', 'settings', 'commands', 'detections'].map((tab): [string, string] => [
      `product, ${tab}`,
      `${product('pharmacie')}?tab=${tab}`,
    ]),
    ['product, engine stopped', product('plans-nas')],
    ['product, disabled', product('render-01')],
    ['product, copied', `${product('render-02')}?tab=agents`],
    ['product, waiting', product('Bureau')],
    ['product, site', `${product('dossiers-srv')}?tab=site`],
    ['product, settings of a site', `${product('dossiers-srv')}?tab=settings`],
    ['customer, next', `${customer('Boulangerie')}/next`],
    ['inventory', '/inventory'],
    ['inventory, unprotected', '/inventory?isUnprotected=true'],
    ['inventory, outdated', '/inventory?isOutdated=true'],
    ['endpoint missing', '/inventory/missing'],
    ['endpoint missing, found', '/inventory/missing?q=pharmacie'],
    ['duplicates', '/inventory/duplicates'],
    ['merges', '/inventory/duplicates?view=merges'],
    ['moves', '/inventory/moves'],
    ['switches', '/inventory/switches'],
    ['switch beside', `/inventory/switches?switch=${leaving.id}`],
    ['switches, none', '/inventory/switches?state=refused'],
    ['endpoint beside', `/inventory?endpoint=${endpoint('pharmacie')}`],
    ['endpoint, hostile', `/inventory?endpoint=${endpoint(hostile)}`],
    ['detections', '/detections'],
    ['detections, of a threat', '/detections?threat=Win.Malware.Agent-6598770'],
    ['commands', '/commands'],
    ['command beside', `/commands?command=${commands[0]?.['id']}`],
    ['orders', '/orders'],
    ['new order', `/orders/new?${new URLSearchParams({ target: JSON.stringify(target) })}`],
    ['order, draft', `/orders/${draft.order.id}`],
    ['order', `/orders/${given.order.id}`],
    ['order rules', '/administration/orders'],
    ['templates', '/administration/templates'],
    ['template', `/administration/templates/${templateId}`],
    ['URL lists', '/administration/urls'],
    ['agent versions', '/administration/agent-versions'],
    ['administration', '/administration'],
    ['accounts', '/administration/accounts'],
    ['account beside', `/administration/accounts?account=${accounts.find((one) => one['state'] === 'invited')?.['id']}`],
    ['invite', '/administration/accounts/invite'],
    ['business', '/administration/business'],
    ['thresholds', '/administration/indexes'],
    ['outbox', '/administration/outbox'],
    ['mail beside', `/administration/outbox?delivery=${mails.find((one) => one['subject']?.includes(hostile))?.['id']}`],
    ['maintenance', '/administration/maintenance'],
    ['maintenance, none', '/administration/maintenance?q=zzzz'],
    ['window beside', `/administration/maintenance?window=${window}`],
    ['window', `/administration/maintenance/${window}`],
    ['new window', `/administration/maintenance/new?customerId=${customerIds.get('Garage de Lille')}`],
    ['events, silent', '/events?silence=maintenance'],
    ['audit', '/administration/audit'],
    ['record beside', `/administration/audit?record=${records[0]?.['id']}`],
    ['my account', '/account'],
    ['second factor', '/account/second-factor'],
    ['nothing there', '/no/such/address'],
    ['licences', '/licences'],
    ['product, licence', `${product('pharmacie')}?tab=licence`],
  ]
  expect(all.filter(([, address]) => address.includes('undefined'))).toEqual([])
  return all
}

/** Windows in each state, over one and over many; one of them keeps an event silent. @returns the one that is now */
async function plannedWork(client: Estate['client'], of: { all: string; now: string }): Promise<string> {
  const plan = (body: Partial<BodyInputOf<typeof maintenanceApi.createWindow>>) =>
    client.call(maintenanceApi.createWindow, {
      body: {
        name: 'Correctifs mensuels',
        reason: 'Mises à jour de sécurité',
        target: { kind: 'all' },
        groups: ['system'],
        schedule: { kind: 'monthly-weekday', from: '2027-01-01', time: '22:00', until: null, every: 1, week: 'second', day: 'tuesday' },
        durationMinutes: 120,
        timeZone: 'Europe/Paris',
        ...body,
      },
    })
  await plan({})
  await plan({
    name: hostile,
    reason: hostile,
    target: { kind: 'tag', tag: 'health' },
    schedule: { kind: 'weekly', from: '2027-03-20', time: '01:30', until: '2028-01-01', every: 2, days: ['saturday', 'sunday'] },
  })
  const ended = await plan({ target: { kind: 'customer', customerId: of.all }, schedule: startedAt(new Date()), timeZone: 'UTC' })
  await client.call(maintenanceApi.endWindow, { params: { windowId: ended.id } })
  const now = await plan({
    name: 'データベースサーバーの入れ替え',
    target: { kind: 'product', productId: of.now },
    schedule: startedAt(new Date()),
    timeZone: 'UTC',
  })
  await vi.waitFor(
    async () => expect((await client.call(maintenanceApi.getWindow, { params: { windowId: now.id } })).silentCount).toBeGreaterThan(0),
    { timeout: 30_000, interval: 100 },
  )
  return now.id
}
/** This hour's beginning, in UTC. */
const startedAt = (now: Date) => ({
  kind: 'once' as const,
  from: now.toISOString().slice(0, 10),
  time: `${now.toISOString().slice(11, 13)}:00`,
})
