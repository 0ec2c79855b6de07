import { gzipSync } from 'node:zlib'
import { infectedMix } from '@vigie/lab/agents'
import type { Browser } from 'playwright-core'
import { startBrowser } from '../kit/browser.ts'
import { defineBench, type Figure, voidBy } from '../kit/define.ts'
import { measure, median, pause, quantile, treeOf } from '../kit/measure.ts'
import { fleetOn, isBuilt, type ServerUnderTest, startServer } from '../kit/server.ts'

const paintLimitMs = 1_000
const scriptLimitKiB = 250
/** Stands in every simulated customer's name: seen on the screen, the list is there. */
const mark = '(simulated)'

export const consolePaint = defineBench({
  name: 'console',
  about: 'first useful paint of the events list on a cold cache, and the JavaScript it takes (issue 2)',
  async run(context) {
    if (!isBuilt('packages/web/dist/index.html')) throw new Error('the console is not built: npm start or npm test builds it')
    const server = await startServer(context)
    const fleet = await fleetOn(server, context, 60)
    await fleet.sendDetections({ total: 60 * 40, batch: 40, mix: infectedMix })
    await pause(3_000)
    const browser = await startBrowser(context)
    await visit(browser, server) // the browser's own first page
    const chromium = () => {
      // the browser's programs are ours too
      const counted = new Set([process.pid, ...treeOf(server.pid)])
      return treeOf(process.pid).filter((pid) => !counted.has(pid))
    }
    const { result: visits, others } = await measure({ ...server.processes, browser: chromium }, async () => {
      const all: Visit[] = []
      for (let run = 0; run < (context.isShort ? 3 : 11); run++) all.push(await visit(browser, server))
      return all
    })
    const paints = visits.map(({ paintMs }) => paintMs)
    const scriptKiB = visits[0]!.scriptBytes / 1024
    const figures: Figure[] = [
      {
        bench: 'console/first-useful-paint',
        source: 'issue 2, P14',
        ratio: quantile(paints, 0.95) / paintLimitMs,
        value: quantile(paints, 0.95),
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: paintLimitMs, unit: 'ms' },
        detail: { medianMs: median(paints), visits: paints.length, requests: visits[0]!.requests, othersCores: others },
        ...voidBy(others),
      },
      {
        bench: 'console/first-load-script',
        source: 'issue 2',
        ratio: scriptKiB / scriptLimitKiB,
        value: scriptKiB,
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: scriptLimitKiB, unit: 'KiB gzip' },
        detail: { files: visits[0]!.scripts, styleKiB: visits[0]!.styleBytes / 1024 },
      },
    ]
    return figures
  },
})

interface Visit {
  paintMs: number
  scriptBytes: number
  styleBytes: number
  scripts: number
  requests: number
}

/** One visit with nothing in the cache: a context of its own, signed in by its cookie. */
async function visit(browser: Browser, server: ServerUnderTest): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    await context.addCookies(server.console.cookies().map(({ name, value }) => ({ name, value, url: server.publicUrl })))
    const page = await context.newPage()
    await page.addInitScript((text) => {
      const look = () => {
        if (!document.querySelector('main')?.textContent?.includes(text)) return void requestAnimationFrame(look)
        // two frames on it has been painted
        requestAnimationFrame(() => requestAnimationFrame(() => Object.assign(globalThis, { usefulPaintMs: performance.now() })))
      }
      look()
    }, mark)
    const bodies: Promise<{ kind: string; bytes: number }>[] = []
    let isPainted = false
    page.on('response', (response) => {
      if (isPainted) return // what comes for the next screens
      const kind = response.request().resourceType()
      if (kind === 'script' || kind === 'stylesheet') bodies.push(response.body().then((body) => ({ kind, bytes: gzipSync(body).length })))
      else bodies.push(Promise.resolve({ kind, bytes: 0 }))
    })
    await page.goto(`${server.publicUrl}/events`, { waitUntil: 'commit' })
    const paint = await page.waitForFunction(() => (globalThis as { usefulPaintMs?: number }).usefulPaintMs ?? false, null, {
      timeout: 30_000,
    })
    isPainted = true
    const loaded = await Promise.all(bodies)
    const of = (kind: string) => loaded.filter((one) => one.kind === kind)
    const sum = (some: { bytes: number }[]) => some.reduce((total, { bytes }) => total + bytes, 0)
    return {
      paintMs: Number(await paint.jsonValue()),
      scriptBytes: sum(of('script')),
      styleBytes: sum(of('stylesheet')),
      scripts: of('script').length,
      requests: loaded.length,
    }
  } finally {
    await context.close()
  }
}
