import { performance } from 'node:perf_hooks'
import { eventsApi } from '@vigie/domain/events'
import { infectedMix } from '@vigie/lab/agents'
import { defineBench, type Figure, voidBy } from '../kit/define.ts'
import { measure, pause, quantile } from '../kit/measure.ts'
import { fleetOn, type ServerUnderTest, startServer } from '../kit/server.ts'

/** Issue 4, bad days: others' p95 at most so many times what it is without. */
const limit = 1.5
/** A million in an hour, from one endpoint. */
const perSecond = 1_000_000 / 3_600
const looksPerSecond = 5

/** What the others feel: how long their own detections wait to be stored, and how long the events list takes. */
interface Felt {
  ackP95Ms: number
  listP95Ms: number
}

export const neighbour = defineBench({
  name: 'neighbour',
  about:
    'others’ p95, storing and the events list, beside one endpoint that sends a million detections an hour, by the same without it (issue 4)',
  async run(context) {
    const server = await startServer(context)
    const others = await fleetOn(server, context, context.isShort ? 50 : 200, { series: 'quiet' })
    const loud = await fleetOn(server, context, 1, { series: 'loud' })
    const seconds = context.isShort ? 15 : 60
    const felt = async (): Promise<Felt> => {
      const [sent, listMs] = await Promise.all([
        others.sendDetections({ seconds, perSecond: 100, batch: 5, mix: infectedMix, duplicates: 0, outOfOrder: 0 }),
        look(server, seconds),
      ])
      return { ackP95Ms: sent.ackMs.p95, listP95Ms: quantile(listMs, 0.95) }
    }
    context.say('warming up ...')
    await others.sendDetections({ seconds: 5, perSecond: 100, batch: 5, mix: infectedMix })
    context.say(`the others alone for ${seconds} s ...`)
    const alone = await felt()
    context.say(`and beside one that sends ${Math.round(perSecond)} detections a second ...`)
    const run = await measure(
      server.processes,
      async () => await Promise.all([felt(), loud.sendDetections({ seconds, perSecond, batch: 250, duplicates: 0, outOfOrder: 0 })]),
    )
    const [beside, noise] = run.result
    const again = await felt()
    const database = await server.connect()
    const {
      rows: [open],
    } = await database.query<{ n: string }>(
      `select count(*) as n from event e join product p on p.id = e.product_id where e.state <> 'resolved' and e.category = 'antivirus'`,
    )
    if (others.stats().broken + loud.stats().broken > 0) throw new Error('the server broke its word on acknowledgements')
    const figure = (name: string, of: keyof Felt): Figure => {
      const before = (alone[of] + again[of]) / 2
      return {
        bench: `neighbour/${name}`,
        source: 'issue 4, bad days',
        ratio: beside[of] / before,
        value: beside[of],
        goal: { atMost: limit },
        yardstick: { name: 'the same without it', value: before, unit: 'ms' },
        detail: {
          agents: others.agents.length,
          loudPerSecond: noise.perSecond,
          loudAckP95Ms: noise.ackMs.p95,
          before: alone[of],
          after: again[of],
          openEvents: Number(open!.n),
          othersCores: run.others,
          serverCores: run.cpu['server']! / run.seconds,
          databaseCores: run.cpu['database']! / run.seconds,
        },
        ...voidBy(run.others),
      }
    }
    return [figure('stored', 'ackP95Ms'), figure('list', 'listP95Ms')]
  },
})

/** The events list as consoles ask for it; how long each answer took, ms. */
async function look(server: ServerUnderTest, seconds: number): Promise<number[]> {
  const took: number[] = []
  const until = performance.now() + seconds * 1_000
  for (let n = 0; performance.now() < until; n++) {
    const started = performance.now()
    await server.console.call(eventsApi.listEvents, {
      query: (n % 2 === 0 ? {} : { severity: 'action-required', sort: '-severity' }) as never,
    })
    took.push(performance.now() - started)
    await pause(Math.max(0, 1_000 / looksPerSecond - (performance.now() - started)))
  }
  return took
}
