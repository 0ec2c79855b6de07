import { performance } from 'node:perf_hooks'
import { inventoryApi } from '@vigie/domain/inventory'
import { productsApi } from '@vigie/domain/products'
import { defineBench, voidBy } from '../kit/define.ts'
import { fillEstate } from '../kit/estate.ts'
import { measure, quantile } from '../kit/measure.ts'
import { startServer, type ServerUnderTest } from '../kit/server.ts'

/** Issue 3: any filter of the inventory at 10,000 customers and 250,000 endpoints. */
const limitMs = 150

/** What a technician asks: each filter, several together, every order, what is common, rare and nowhere. */
const questions: readonly Record<string, string>[] = [
  {},
  { sort: '-lastSeenAt' },
  { sort: '-openInfections' },
  { sort: 'patternBuiltAt' },
  { isInfected: 'true' },
  { isUnprotected: 'true' },
  { isUnprotected: 'true', sort: 'patternBuiltAt' },
  { isOutdated: 'true' },
  { isOutdated: 'true', sort: '-patternBuiltAt' },
  { silentDays: '7' },
  { silentDays: '7', sort: '-lastSeenAt' },
  { realTimeScan: 'off', sort: '-lastSeenAt' },
  { realTimeScan: 'unsupported' },
  { state: 'offline', sort: '-lastSeenAt' },
  { state: 'plug-in-error' },
  { tag: 'group-7', sort: '-lastSeenAt' },
  { typeId: 'clamav-endpoint' },
  { typeId: 'clamav-site-server' },
  { family: 'email' },
  { platformKind: 'desktop', isUnprotected: 'true' },
  { agentVersion: '0.0.9' },
  { q: 'pc-4f2' },
  { q: 'pc-' },
  { q: 'pc-', sort: '-lastSeenAt' },
  { q: 'zzzz' },
  { q: 'zq' },
  { q: 'z' },
  { q: '10.0.1.77' },
  { q: '10.0.2' },
  { q: 'windows 11' },
  { q: 'garage' },
  { q: 'acc-9999' },
  { q: 'pc-4', isUnprotected: 'true', state: 'offline', sort: '-lastSeenAt' },
  { tag: 'group-7', state: 'offline', isUnprotected: 'true', isOutdated: 'true', platformKind: 'server', sort: 'patternBuiltAt' },
]

export const inventory = defineBench({
  name: 'inventory',
  about:
    'p95 of the inventory with any filter, first and deep pages, of its quick counts and of the guided check, at 10,000 customers and 250,000 endpoints (issue 3)',
  async run(context) {
    const server = await startServer(context)
    const customers = context.isShort ? 1_000 : 10_000
    context.say(`filling ${customers} customers with 25 endpoints each ...`)
    await fillEstate(await server.connect(), customers)
    const times = new Map<string, number[]>()
    const rounds = context.isShort ? 3 : 12
    context.say('asking ...')
    const { others, result } = await measure(server.processes, async () => {
      const all: number[] = []
      for (const query of questions) {
        const cursor = await deepCursor(server, query)
        for (let round = 0; round < rounds; round++) {
          for (const page of cursor === null || round % 3 !== 2 ? [{}] : [{ cursor }]) {
            const took = await timed(() => server.console.call(productsApi.listEndpoints, { query: { ...query, ...page } as never }))
            all.push(took)
            times.set(JSON.stringify(query), [...(times.get(JSON.stringify(query)) ?? []), took])
          }
        }
      }
      const counts: number[] = []
      const checks: number[] = []
      for (let round = 0; round < rounds * 3; round++) {
        counts.push(await timed(() => server.console.call(productsApi.summariseEndpoints, { query: {} })))
        checks.push(
          await timed(() => server.console.call(inventoryApi.diagnose, { body: { sought: round % 2 ? 'nobody-knows-it' : '10.0.1.77' } })),
        )
      }
      return { all, counts, checks }
    })
    const worst = [...times]
      .map(([query, taken]) => [query, quantile(taken, 0.95)] as const)
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 5)
    const figure = (name: string, taken: number[], detail: Record<string, number | string> = {}) => ({
      bench: `inventory/${name}`,
      source: 'issue 3, speed',
      ratio: quantile(taken, 0.95) / limitMs,
      value: quantile(taken, 0.95),
      goal: { atMost: 1 },
      yardstick: { name: 'the limit', value: limitMs, unit: 'ms' },
      detail: {
        endpoints: customers * 25,
        requests: taken.length,
        p50Ms: quantile(taken, 0.5),
        p99Ms: quantile(taken, 0.99),
        othersCores: others,
        ...detail,
      },
      ...voidBy(others),
    })
    return [
      figure('list', result.all, Object.fromEntries(worst.map(([query, p95], n) => [`worst${n + 1}`, `${query} ${p95.toFixed(0)} ms`]))),
      figure('counts', result.counts),
      figure('guided-check', result.checks),
    ]
  },
})

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** After ten pages of 200; null: there are not so many. */
async function deepCursor(server: ServerUnderTest, query: Record<string, string>): Promise<string | null> {
  let cursor: string | null = null
  for (let page = 0; page < 10; page++) {
    const reply: { nextCursor: string | null } = await server.console.call(productsApi.listEndpoints, {
      query: { ...query, limit: 200, ...(cursor ? { cursor } : {}) } as never,
    })
    if (reply.nextCursor === null) return null
    cursor = reply.nextCursor
  }
  return cursor
}
