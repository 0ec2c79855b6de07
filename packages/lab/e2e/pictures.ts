import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { openBrowser, settle, visit } from '../../web/e2e/kit.ts'
import { fill } from './estate.ts'
import { startProduct } from './product.ts'

/** Makes the pictures of the README anew, from the built console over simulated agents: `node packages/lab/e2e/pictures.ts`. */
const folder = path.resolve(import.meta.dirname, '../../../docs/images')
mkdirSync(folder, { recursive: true })
const product = await startProduct()
const { browser, close } = await openBrowser()
const estate = await fill(product.url, product.setupLink, { isTidy: true })
const { context, page } = await visit(browser, { theme: 'light', width: 1440, locale: 'en' })
await context.addCookies(estate.client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
const take = async (name: string, address: string) => {
  await page.goto(product.url + address)
  await settle(page)
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}
await take('home', '/home')
const opened = await page.evaluate(async (of) => ((await (await fetch(`/api/v1/events?productId=${of}`)).json()) as { rows: { id: string }[] }).rows[0]!.id, estate.productIds.get('fournil-01'))
await take('events', `/events?event=${opened}`)
await close()
await estate.stop()
await product.stop()
