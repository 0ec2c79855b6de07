import { fetchCa } from '../agents/index.ts'
import { ConsoleClient } from '../console/index.ts'
import { estateOf } from './estate.ts'
import { businessName, people } from './people.ts'
import { licencesOf } from './licences.ts'
import { planOf, type PlanOptions } from './plan.ts'
import { Player, type Stage } from './player.ts'
import { startPast, type PastServer, type Ports } from './server.ts'
import { nothingWrong } from './standing.ts'

const dayMs = 86_400_000
/** Jobs tidy and sum up, and lose nothing by being late; partitions are made three months ahead. Once a day would be half of the start. */
const jobsEveryDays = 7

export interface Past {
  past: PastServer
  player: Player
  stage: Stage
  /** As PEM, of the agents' port. */
  ca: string
  /** Moves the one clock of server and machines. */
  moveClock(to: Date): Promise<void>
}

/** An estate whose plan was played up to `now`; its server goes on until it is stopped. */
export async function playPast(ports: Ports, plan: PlanOptions): Promise<Past> {
  const { seed, now, days, customers } = plan
  const past = await startPast(ports)
  try {
    let at = new Date(now.getTime() - days * dayMs)
    let jobsAt = at
    let setAtMs = performance.now()
    const moveClock = async (to: Date) => {
      for (; to >= jobsAt; jobsAt = new Date(jobsAt.getTime() + jobsEveryDays * dayMs)) {
        await past.ask({ kind: 'at', at: jobsAt.toISOString() })
        await past.ask({ kind: 'jobs' })
      }
      at = to
      setAtMs = performance.now()
      await past.ask({ kind: 'at', at: to.toISOString() })
    }
    const ca = await fetchCa(past.agentUrl, past.caFingerprint)
    const as = async (person: number) => {
      const client = new ConsoleClient(past.publicUrl)
      client.become({ name: 'vigie-session', value: `${past.pass}.${people[person]!.email}` })
      return client
    }
    const anybody = () => new ConsoleClient(past.publicUrl)
    const stage: Stage = {
      server: { url: past.agentUrl, ca },
      now: () => new Date(at.getTime() + performance.now() - setAtMs),
      as,
      anybody,
      workMs: 5,
      assess: (productIds) => past.ask({ kind: 'assess', productIds }),
      goOn: (jobs) => past.ask({ kind: 'go-on', jobs }),
    }
    await moveClock(at)
    const [owner] = people
    await anybody().setUp(past.setupLink, { businessName, email: owner.email, password: owner.password }, owner)
    const player = new Player(stage, { seed, standing: { ...nothingWrong(), licences: licencesOf(estateOf(customers), now) } })
    const startedMs = performance.now()
    await player.play(planOf(plan), moveClock)
    await moveClock(new Date(now.getTime() + performance.now() - startedMs))
    await player.reportAll() // of late, as machines that tell of themselves every ten minutes: nothing is stale when the present begins
    return { past, player, stage, ca, moveClock }
  } catch (error) {
    await past.stop().catch(() => {})
    throw error
  }
}
