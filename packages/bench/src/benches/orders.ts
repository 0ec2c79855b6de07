import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { ordersApi } from '@vigie/domain/orders'
import { type BenchContext, defineBench } from '../kit/define.ts'
import { fleetOn, startServer } from '../kit/server.ts'

/** Issue 3: an order to 1,000 online agents is delivered within 2 s; measured from the person's confirmation to the last agent that has it. */
const goalSeconds = 2

export const orders = defineBench({
  name: 'orders',
  about: 'an order to online agents, from the confirmation until the last agent has it (issue 3)',
  async run(context: BenchContext) {
    const agents = context.isShort ? 200 : 1_000
    const server = await startServer(context)
    const fleet = await fleetOn(server, context, agents)
    await fleet.drained()
    const { console: client } = server
    const rounds: number[] = []
    for (const type of ['scan-now', 'update-components', 'scan-now'] as const) {
      const before = fleet.stats().commands
      const { order, dryRun } = await client.call(ordersApi.draftOrder, { body: { type, target: { kind: 'matching' } } })
      if (dryRun.willGet !== agents)
        throw new Error(`${dryRun.willGet} of ${agents} agents would get it: ${JSON.stringify(dryRun.skipped)}`)
      const startedMs = performance.now()
      await client.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
      const deadlineMs = startedMs + 60_000
      while (fleet.stats().commands - before < agents) {
        if (performance.now() > deadlineMs)
          throw new Error(`only ${fleet.stats().commands - before} of ${agents} agents had it after a minute`)
        await pause(5)
      }
      rounds.push((performance.now() - startedMs) / 1_000)
      context.say(`${type}: ${agents} agents had it after ${rounds.at(-1)!.toFixed(2)} s`)
      await fleet.drained()
    }
    const worst = Math.max(...rounds)
    return [
      {
        bench: 'orders/delivery',
        source: 'issue 3',
        ratio: worst / goalSeconds,
        value: worst,
        goal: { atMost: 1 },
        yardstick: { name: 'the promise', value: goalSeconds, unit: 's' },
        detail: { agents, rounds: rounds.map((seconds) => seconds.toFixed(3)).join(' ') },
      },
    ]
  },
})
