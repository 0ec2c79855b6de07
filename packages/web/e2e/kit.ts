import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Locale } from '@vigie/domain/kernel'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { unpackedBrowser } from './browser-files.ts'

const require = createRequire(import.meta.url)

export type Theme = 'light' | 'dark'
export interface Look {
  theme: Theme
  /** px: 1440 for a desk, 390 for a phone. */
  width: 1440 | 390
  locale: Locale
}
export const looks: readonly Look[] = (['light', 'dark'] as const).flatMap((theme) =>
  ([1440, 390] as const).flatMap((width) => (['en', 'fr', 'ja'] as const).map((locale) => ({ theme, width, locale }))),
)

/**
 * The browser inside `@sparticuz/chromium`, or the one `VIGIE_CHROMIUM` names. Not with the package's own `args`: they hold `--single-process`, and a
 * second page after closing one crashes. `AWS_EXECUTION_ENV` makes it bring its own system libraries too; set before import. With the package's own font settings
 * any text field ends the browser (`SkFontMgr_FontConfigInterface ... Not implemented`, seen 2026-11-21 with 153.0.0); with the system's, even where there are none, all is well.
 */
export async function openBrowser(): Promise<{ browser: Browser; close(): Promise<void> }> {
  const before = process.env['TMPDIR']
  let executablePath = process.env['VIGIE_CHROMIUM']
  if (executablePath === undefined) {
    process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs22.x'
    process.env['FONTCONFIG_PATH'] ??= '/etc/fonts'
    process.env['TMPDIR'] = unpackedBrowser()
    const packed = await import('@sparticuz/chromium')
    executablePath = await packed.default.executablePath()
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
  })
  return { browser, close: () => browser.close() }
}

export interface Visit {
  context: BrowserContext
  page: Page
  /** What should never happen on any page: script errors, refused by the CSP, requests that failed with 5xx, texts without translation. */
  faults: string[]
  close(): Promise<void>
}

/** A page as one person sees it: theme, width, language; signed in by the cookies of `like`, if given. */
export async function visit(browser: Browser, look: Partial<Look> = {}, like?: BrowserContext): Promise<Visit> {
  const { theme = 'light', width = 1440, locale = 'en' } = look
  const context = await browser.newContext({
    viewport: { width, height: width === 390 ? 844 : 900 },
    deviceScaleFactor: 1,
    hasTouch: width === 390,
    isMobile: width === 390,
    locale,
    timezoneId: 'Europe/Paris',
    colorScheme: theme,
    reducedMotion: 'reduce',
    ...(like ? { storageState: await like.storageState() } : {}),
  })
  await context.addInitScript(
    ([wantedTheme, wantedLocale]) => {
      if (location.protocol === 'about:') return
      localStorage.setItem('vigie.theme', wantedTheme!)
      localStorage.setItem('vigie.locale', wantedLocale!)
      document.addEventListener('securitypolicyviolation', (event) =>
        console.error(`CSP refused ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      )
    },
    [theme, locale],
  )
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.setDefaultNavigationTimeout(15_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/the server responded with a status of 4\d\d/.test(message.text()))
      faults.push(`console: ${message.text()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`)
  })
  return { context, page, faults, close: () => context.close() }
}

/** What the console says of where it is. */
interface Router {
  state: { status: 'idle' | 'pending'; resolvedLocation?: { href: string } }
  history: { location: { href: string } }
}

/** Nothing is on its way and nothing moves: the screen is that of the address (which changes before), fonts are there, no skeleton is left. */
export async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('load')
  // Asked again and again from here: `waitForFunction` would `eval` in the page, which its CSP refuses.
  const until = performance.now() + 15_000
  while (
    !(await page.evaluate(() => {
      const router = (window as unknown as { __TSR_ROUTER__?: Router }).__TSR_ROUTER__
      const isThere = router?.state.status === 'idle' && router.state.resolvedLocation?.href === router.history.location.href
      return (
        isThere &&
        document.querySelector('.first-paint, [data-loading], [data-refreshing]') === null &&
        document.querySelector('h1') !== null
      )
    }))
  ) {
    if (performance.now() > until) throw new Error(`${page.url()} did not finish loading`)
    await page.waitForTimeout(20)
  }
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}

/** @param folder made if missing; the name tells the look: `accounts.dark.390.ja.png` */
export async function shoot(page: Page, folder: string, name: string, look: Look, options: { fullPage?: boolean } = {}): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.${look.theme}.${look.width}.${look.locale}.png`)
  await settle(page)
  await page.screenshot({ path, fullPage: options.fullPage ?? false })
  return path
}

interface AxeResults {
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[]
}
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds against WCAG 2.2 A and AA and its best practices, one line each; none is the goal (OPS-5). */
export async function axe(page: Page, within?: string): Promise<string[]> {
  await settle(page)
  // Through the debugger, not a script tag: the page's CSP refuses those, as it should.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
  const results = await page.evaluate(async (selector) => {
    const { axe: run } = window as unknown as { axe: { run(context: unknown, options: unknown): Promise<unknown> } }
    return await run.run(selector ?? document, { resultTypes: ['violations'], preload: false })
  }, within)
  return (results as AxeResults).violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help} at ${JSON.stringify(node.target)} ${node.failureSummary?.replaceAll('\n', ' ') ?? ''}`),
  )
}

/** Keys of the catalogue that reached the screen: a text is missing. */
export async function untranslated(page: Page): Promise<string[]> {
  const text = await page.evaluate(() => document.body.innerText)
  return [
    ...new Set(
      text.match(
        /\b(?:kit|shell|access|dashboard|widgets|figure|customers|products|events|home|inventory|indexes|audit|outbox|inventory|identity|orders|settings|consent|sites|releases|commands|detections|search|maintenance|outbreak|problem|remedy|field)\.[a-z][a-zA-Z0-9.-]{2,}\b/g,
      ) ?? [],
    ),
  ]
}
