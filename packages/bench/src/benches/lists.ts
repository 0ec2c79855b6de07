import { performance } from 'node:perf_hooks'
import { eventsApi } from '@vigie/domain/events'
import { infectedMix } from '@vigie/lab/agents'
import { defineBench, type Figure, voidBy } from '../kit/define.ts'
import { measure, type Measured, pause, quantile } from '../kit/measure.ts'
import { fleetOn, type ServerUnderTest, startServer } from '../kit/server.ts'

/** Issue 2: 100 technicians, one action each 5 s (load L7). */
const requestsPerSecond = 20
const limitMs = 150

export const lists = defineBench({
  name: 'lists',
  about: 'p95 of the events list with 10,000 agents connected, at rest and with 1,000 detections a second beneath (issue 2)',
  async run(context) {
    const server = await startServer(context)
    const agents = context.isShort ? 1_000 : 10_000
    const fleet = await fleetOn(server, context, agents)
    context.say('making events ...')
    const senders = fleet.agents.slice(0, Math.min(1_000, agents))
    await fleet.sendDetections({ total: senders.length * 20, batch: 20, mix: infectedMix, agents: senders })
    await pause(3_000)
    const { rows } = await server.console.call(eventsApi.listEvents, { query: { limit: 200 } })
    if (rows.length < Math.min(200, senders.length / 4)) throw new Error(`only ${rows.length} events are there`)

    const seconds = context.isShort ? 10 : 60
    context.say(`asking for the events list for ${seconds} s, agents at rest ...`)
    const atRest = await measure(server.processes, () => ask(server, seconds))
    context.say('the same with 1,000 detections a second ...')
    const busy = await measure(server.processes, async () => {
      const [times] = await Promise.all([ask(server, seconds), fleet.sendDetections({ seconds, perSecond: 1_000, batch: 25 })])
      return times
    })
    const figure = (name: string, { result: times, others, cpu, seconds: took }: Measured<number[]>): Figure => ({
      bench: `lists/events-${name}`,
      source: 'issue 2, P15',
      ratio: quantile(times, 0.95) / limitMs,
      value: quantile(times, 0.95),
      goal: { atMost: 1 },
      yardstick: { name: 'the limit', value: limitMs, unit: 'ms' },
      detail: {
        agents: fleet.stats().online,
        requests: times.length,
        p50Ms: quantile(times, 0.5),
        p99Ms: quantile(times, 0.99),
        dropped: fleet.stats().dropped,
        othersCores: others,
        serverCores: cpu['server']! / took,
        databaseCores: cpu['database']! / took,
      },
      ...voidBy(others),
    })
    return [figure('at-rest', atRest), figure('busy', busy)]
  },
})

/** Open loop: a request that is late delays no other, and its wait counts. Different pages and filters in turn. */
async function ask(server: ServerUnderTest, seconds: number): Promise<number[]> {
  const queries = [
    {},
    { severity: 'action-required' },
    { sort: 'severity' },
    { sort: '-openedAt' },
    { category: 'antivirus' },
    { limit: 200 },
    { q: 'lab' },
  ] as const
  const times: number[] = []
  const asked: Promise<void>[] = []
  const started = performance.now()
  for (let turn = 0; turn < seconds * requestsPerSecond; turn++) {
    const due = started + (turn * 1000) / requestsPerSecond
    if (performance.now() < due) await pause(due - performance.now())
    const one = server.console
      .call(eventsApi.listEvents, { query: queries[turn % queries.length]! })
      .then(() => void times.push(performance.now() - due))
    asked.push(one)
  }
  await Promise.all(asked)
  return times
}
