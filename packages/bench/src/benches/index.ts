import type { Bench } from '../kit/define.ts'
import { agentIdle } from './agent.ts'
import { consolePaint } from './console.ts'
import { dashboard } from './dashboard.ts'
import { events } from './events.ts'
import { customers } from './customers.ts'
import { growth } from './growth.ts'
import { idleConnection } from './idle-connection.ts'
import { ingest } from './ingest.ts'
import { inventory } from './inventory.ts'
import { lists } from './lists.ts'
import { live } from './live.ts'
import { neighbour } from './neighbour.ts'
import { orders } from './orders.ts'
import { search } from './search.ts'
import { siteServer } from './site.ts'

/**
 * One file a bench; in the order a whole run takes them: those that share an estate beside one another. Issue 4's speed on a machine that is ours alone, in some 20 minutes:
 * `npm run bench -- events search dashboard live neighbour`
 */
export const benches: readonly Bench[] = [
  ingest,
  growth,
  idleConnection,
  lists,
  events,
  search,
  dashboard,
  live,
  neighbour,
  inventory,
  customers,
  orders,
  agentIdle,
  siteServer,
  consolePaint,
]
