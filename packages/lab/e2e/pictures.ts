import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { ConsoleClient } from '../src/console/index.ts'
import { people, startDemo } from '../src/demo/index.ts'
import { openBrowser, settle, visit } from '../../web/e2e/kit.ts'

/**
 * Makes the pictures of the README anew, from the built console over the demo: `node packages/lab/e2e/pictures.ts [console URL of a demo that runs]`. Without one it
 * starts the demo for itself.
 */
const folder = path.resolve(import.meta.dirname, '../../../docs/pictures')
mkdirSync(folder, { recursive: true })
const temporary = mkdtempSync(path.join(tmpdir(), 'vigie-pictures-'))
const running = process.argv[2]
const demo =
  running === undefined
    ? await startDemo({ folder: path.join(temporary, 'demo'), port: 0, agentPort: 0, seed: 1, days: 90, isFresh: false })
    : null
const url = demo?.url ?? running!
const client = new ConsoleClient(url)
await client.signIn(people[0].email, people[0].password)
const { rows: customers } = await client.call(customersApi.listCustomers, { query: { q: 'Tilleuls' } })
const { rows: events } = await client.call(eventsApi.listEvents, { query: { severity: 'action-required', limit: 50 } })
const told = events.find(({ productName, condition }) => productName === 'Clinique' && condition === 'uncleaned') ?? events[0]!

const pictures: [name: string, address: string, theme: 'light' | 'dark'][] = [
  ['home', '/home', 'light'],
  ['home-dark', '/home', 'dark'],
  ['events', `/events?event=${told.id}`, 'light'],
  ['events-dark', `/events?event=${told.id}`, 'dark'],
  ['customers', '/customers', 'light'],
  ['customer', `/customers/${customers[0]!.id}`, 'light'],
  ['inventory', '/inventory', 'light'],
]
const { browser, close } = await openBrowser()
try {
  for (const [name, address, theme] of pictures) {
    const { context, page } = await visit(browser, { theme, width: 1440, locale: 'en' })
    await context.addCookies(client.cookies().map((cookie) => ({ ...cookie, url })))
    await page.goto(url + address)
    await settle(page)
    await page
      .getByText(/Red virus alert: /)
      .first()
      .waitFor() // its words come after the first paint
    await page.screenshot({ path: path.join(folder, `${name}.png`), clip: { x: 0, y: 0, width: 1440, height: 810 } })
    await context.close()
  }
} finally {
  await close()
  await demo?.stop()
  rmSync(temporary, { recursive: true, force: true })
}
