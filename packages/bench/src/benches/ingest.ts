import type { LoadResult } from '@vigie/lab/agents'
import { bareInserts } from '../kit/bare-inserts.ts'
import { type BenchContext, defineBench, voidBy } from '../kit/define.ts'
import { measure, pause } from '../kit/measure.ts'
import { fleetOn, type ServerUnderTest, startServer } from '../kit/server.ts'

/** Issue 2 "Speed", P1: the yardstick runs before and after; where the two differ by more, the run is void. */
const yardstickMayDiffer = 0.1

export const ingest = defineBench({
  name: 'ingest',
  about: '500 agents send: durable with counters, exactly-once and assessment, by bare batched inserts into the same table (P1, P2)',
  async run(context) {
    const server = await startServer(context)
    const fleet = await fleetOn(server, context, context.isShort ? 100 : 500)
    const seconds = context.isShort ? 4 : 20
    const bare = () => bareInserts(server, { connections: 4, rows: 500, seconds: context.isShort ? 2 : 6 })

    context.say('warming up ...')
    await fleet.sendDetections({ seconds: 3, batch: 250 })
    // until the write-ahead log is as long as it gets: new files of it cost more than those used again
    for (let round = 0; round < (context.isShort ? 1 : 4); round++) await bare()
    const before = await bare()
    context.say(`bare inserts: ${Math.round(before.perSecond)} rows/s; 500 agents send for ${seconds} s ...`)
    const { result, cpu, others } = await measure(server.processes, () => fleet.sendDetections({ seconds, batch: 250 }))
    const after = await bare()
    await assertAllThere(server, fleet.stats().accepted, context)
    if (fleet.stats().broken > 0) throw new Error('the server broke its word on acknowledgements')

    const yardstick = (before.perSecond + after.perSecond) / 2
    const difference = Math.abs(before.perSecond - after.perSecond) / yardstick
    const isMoved =
      difference > yardstickMayDiffer ? { isVoid: `the yardstick moved by ${Math.round(difference * 100)} % during the run` } : {}
    const cpuPer100k = (Object.values(cpu).reduce((sum, one) => sum + one, 0) / result.accepted) * 100_000
    const bareCpuPer100k = (before.cpuPer100k + after.cpuPer100k) / 2
    return [
      {
        bench: 'ingest/accepted',
        source: 'issue 2, P1',
        ratio: result.perSecond / yardstick,
        value: result.perSecond,
        goal: { atLeast: 0.5 },
        yardstick: { name: 'bare inserts, 4 connections, batches of 500', value: yardstick, unit: 'rows/s' },
        detail: {
          agents: fleet.agents.length,
          batch: 250,
          ...latency(result),
          yardstickDifference: difference,
          othersCores: others,
          ...per100k(result, cpu),
        },
        ...isMoved,
        ...voidBy(others),
      },
      {
        // the same in CPU, which others on the machine disturb little: what the bare inserts cost by what all of ours costs, the agents' own work included
        bench: 'ingest/by-cpu',
        source: 'issue 2, P2',
        ratio: bareCpuPer100k / cpuPer100k,
        value: cpuPer100k,
        goal: { atLeast: 0.5 },
        yardstick: { name: 'bare inserts, client included', value: bareCpuPer100k, unit: 'CPU s/100k' },
        detail: per100k(result, cpu),
      },
    ]
  },
})

const latency = ({ ackMs, duplicatesSent, reordered, nacks }: LoadResult) => ({
  ackP50Ms: ackMs.p50,
  ackP95Ms: ackMs.p95,
  ackP99Ms: ackMs.p99,
  duplicatesSent,
  reordered,
  nacks,
})

/** P2: CPU seconds of 100,000 detections. */
const per100k = ({ accepted }: LoadResult, cpu: Record<string, number>) =>
  Object.fromEntries(Object.entries(cpu).map(([name, seconds]) => [`${name}CpuPer100k`, (seconds / accepted) * 100_000]))

/** A rate counts only if all of it is there, once, and counted (R22). */
async function assertAllThere(server: ServerUnderTest, accepted: number, context: BenchContext): Promise<void> {
  const database = await server.connect()
  const count = async (text: string) => Number((await database.query<{ n: string }>(text)).rows[0]!.n)
  const stored = await count(`select count(*) as n from detection where engine = 'lab'`)
  const counted = await count(`select coalesce(sum(count), 0) as n from tally_hour`)
  if (stored !== accepted || counted !== accepted)
    throw new Error(`${accepted} were acknowledged, ${stored} are stored, ${counted} are counted`)
  let left = await count('select count(*) as n from assessment_due where due_at <= now()')
  for (let tries = 0; left > 0 && tries < 100; tries++) {
    await pause(100)
    left = await count('select count(*) as n from assessment_due where due_at <= now()')
  }
  const events = await count('select count(*) as n from event')
  context.say(`${stored} stored and counted once each; ${events} events; ${left} products still to assess`)
  if (left > 0 || events === 0) throw new Error('the assessment did not keep up')
}
