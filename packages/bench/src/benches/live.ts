import { performance } from 'node:perf_hooks'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { createPacer, LiveMessage, type PaceClock } from '@vigie/domain/live'
import { productsApi } from '@vigie/domain/products'
import { infectedMix } from '@vigie/lab/agents'
import { ConsoleClient } from '@vigie/lab/console'
import type pg from 'pg'
import { aSession, anAccount } from '../kit/accounts.ts'
import { defineBench, type Figure, voidBy } from '../kit/define.ts'
import { measure, pause, quantile } from '../kit/measure.ts'
import { fleetOn, type ServerUnderTest, startServer } from '../kit/server.ts'

/** Issue 4, point 7. */
const limitMs = 2_000
const consolesPerAccount = 10

/**
 * Open consoles behave as in a browser: they hear the stream and ask the events list again for what changed, at the pace of the real ones. Probes are changes of products that no agent speaks for: from the moment
 * a person sends one until a console heard of it, and until that console has an answer of the list that was asked after it.
 */
export const live = defineBench({
  name: 'live',
  about: 'a change from the person who makes it to 200 open consoles, heard and shown, while agents send (issue 4)',
  async run(context) {
    const server = await startServer(context)
    const [agents, count, seconds] = context.isShort ? [200, 40, 15] : [1_000, 200, 60]
    const fleet = await fleetOn(server, context, agents)
    const database = await server.connect()
    const probes = await someProducts(server)
    context.say(`opening ${count} consoles ...`)
    const consoles = await openConsoles(server, database, count)
    context.after(() => consoles.forEach((console) => console.close()))
    await waitFor(() => consoles.every(({ isOpen }) => isOpen()), 30_000)
    context.say(`changing things for ${seconds} s, 200 detections a second beneath ...`)
    const run = await measure(server.processes, async () => {
      const [changed] = await Promise.all([
        change(server, probes, seconds),
        fleet.sendDetections({ seconds, perSecond: 200, batch: 10, mix: infectedMix }),
      ])
      await pause(3_000)
      return changed
    })
    const heard: number[] = []
    const shown: number[] = []
    let missed = 0
    for (const { id, at } of run.result) {
      for (const console of consoles) {
        const heardAt = console.heard.get(id)?.find((one) => one >= at)
        if (heardAt === undefined) {
          missed++
          continue
        }
        heard.push(heardAt - at)
        const answer = console.answers.find(({ askedAt }) => askedAt >= heardAt)
        if (answer) shown.push(answer.at - at)
        else missed++
      }
    }
    const { others, cpu, seconds: took } = run
    const detail = {
      consoles: count,
      agents,
      changes: run.result.length,
      missed,
      accounts: Math.ceil(count / consolesPerAccount),
      listsPerSecond: consoles.reduce((sum, { answers }) => sum + answers.length, 0) / took,
      othersCores: others,
      serverCores: cpu['server']! / took,
      databaseCores: cpu['database']! / took,
    }
    if (missed > 0) throw new Error(`${missed} of ${run.result.length * count} changes never reached a console: ${JSON.stringify(detail)}`)
    const figure = (name: string, times: number[]): Figure => ({
      bench: `live/${name}`,
      source: 'issue 4, point 7; EVT-8',
      ratio: quantile(times, 0.99) / limitMs,
      value: quantile(times, 0.99),
      goal: { atMost: 1 },
      yardstick: { name: 'the promise', value: limitMs, unit: 'ms' },
      detail: { ...detail, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), maxMs: quantile(times, 1) },
      ...voidBy(others),
    })
    return [figure('heard', heard), figure('shown', shown)]
  },
})

const clock: PaceClock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

interface OpenConsole {
  /** Id of what changed, when that was heard. */
  heard: Map<string, number[]>
  answers: { askedAt: number; at: number }[]
  isOpen(): boolean
  close(): void
}

/** A quarter of them are limited to a scope that shows them all. */
async function openConsoles(server: ServerUnderTest, database: pg.Client, count: number): Promise<OpenConsole[]> {
  const consoles: OpenConsole[] = []
  for (let n = 0; consoles.length < count; n++) {
    const accountId = await anAccount(database, `live${n}`, n % 4 === 3 ? [{ effect: 'allow' }] : null)
    for (let k = 0; k < consolesPerAccount && consoles.length < count; k++)
      consoles.push(await openConsole(server, await aSession(database, accountId)))
  }
  return consoles
}

async function openConsole(server: ServerUnderTest, token: string): Promise<OpenConsole> {
  const client = new ConsoleClient(server.publicUrl)
  client.become({ name: 'vigie-session', value: token })
  const abort = new AbortController()
  const heard = new Map<string, number[]>()
  const answers: OpenConsole['answers'] = []
  let isOpen = false
  const pacer = createPacer({
    clock,
    isLookedAt: () => true,
    async run() {
      const askedAt = performance.now()
      await client.call(eventsApi.listEvents, { query: {} })
      answers.push({ askedAt, at: performance.now() })
    },
  })
  const reply = await fetch(`${server.publicUrl}/api/v1/live`, { headers: { cookie: `vigie-session=${token}` }, signal: abort.signal })
  if (!reply.ok) throw new Error(`a console cannot open: ${reply.status}`)
  void (async () => {
    let rest = ''
    for await (const chunk of reply.body!.pipeThrough(new TextDecoderStream())) {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop()!
      for (const event of events) {
        const message = LiveMessage.safeParse(readJson(/^event: change\ndata: (.*)$/.exec(event)?.[1]))
        if (event.startsWith('event: resync')) isOpen = true
        if (!message.success) continue
        heard.set(message.data.id, [...(heard.get(message.data.id) ?? []), performance.now()])
        pacer.touch(['events'])
      }
    }
  })().catch(() => {}) // cut off at the end
  return {
    heard,
    answers,
    isOpen: () => isOpen,
    close() {
      pacer.stop()
      abort.abort()
    },
  }
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}

async function someProducts(server: ServerUnderTest): Promise<string[]> {
  const { products } = await server.console.call(customersApi.createCustomer, {
    body: {
      profile: { company: 'Probes', country: 'FR' },
      account: { accountId: 'probes', timeZone: 'UTC', locale: 'en' },
      contact: { firstName: 'P', lastName: 'P', email: 'p@example.com', locale: 'en' },
      products: Array.from({ length: 10 }, (_, n) => ({ typeId: 'clamav-endpoint', description: `Probe${n}` })),
    },
  })
  return products.map(({ id }) => id)
}

/** Each half second another product gets another name. @returns what was changed, and when the person pressed the button */
async function change(server: ServerUnderTest, probes: readonly string[], seconds: number): Promise<{ id: string; at: number }[]> {
  const made: { id: string; at: number }[] = []
  for (let n = 0; n < seconds * 2; n++) {
    const id = probes[n % probes.length]!
    const { version } = await server.console.call(productsApi.getProduct, { params: { productId: id } })
    made.push({ id, at: performance.now() })
    await server.console.call(productsApi.updateProduct, {
      params: { productId: id },
      headers: { 'if-match': `"${version}"` },
      body: { description: `Probe${n}` },
    })
    await pause(500)
  }
  return made
}

async function waitFor(condition: () => boolean, ms: number): Promise<void> {
  for (const deadline = performance.now() + ms; !condition(); await pause(50))
    if (performance.now() > deadline) throw new Error('not all consoles are open')
}
