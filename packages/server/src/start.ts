import { existsSync } from 'node:fs'
import path from 'node:path'
import { setupLink } from './access/index.ts'
import { startAgentSide, type AgentSide } from './agents/index.ts'
import { compose, type Vigie } from './compose.ts'
import { createMetrics, measureHttp, measureProcess, systemClock, type Log, type Metrics } from './platform/index.ts'
import type { Config } from './platform/config.ts'
import { assertPortsFree } from './platform/ports.ts'
import { listenError } from './platform/start-error.ts'
import { openStorage } from './platform/storage.ts'

const builtConsole = path.resolve(import.meta.dirname, '../../web/dist')

export interface Running {
  publicUrl: string
  agentUrl: string
  /** Where the first account is made; null: set up already (R8). */
  setupLink: string | null
  /** Answers what came in, takes no more, finishes what background work has in hand, then ends the embedded database (R44). */
  stop(): Promise<void>
}

/**
 * One process of a real installation: storage, the slices put together, both listeners, the work beside the requests. A start that fails half-way
 * gives back what it took. @throws StartError one sentence for the person in front of the terminal
 */
export async function start(config: Config, log: Log): Promise<Running> {
  /** What takes work in or does it, ended together; then what it stands on, in the order opposite to its taking. */
  const working: (() => Promise<void>)[] = []
  const taken: (() => Promise<void>)[] = []
  const stop = async () => {
    const ends = await Promise.allSettled(working.splice(0).map((end) => end()))
    for (const release of taken.splice(0).reverse()) ends.push(...(await Promise.allSettled([release()])))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
  }
  try {
    await assertPortsFree(config)
    const storage = await openStorage(config, log)
    taken.push(() => storage.close())
    const metrics = createMetrics()
    const stopMeasuring = measureProcess(metrics)
    taken.push(async () => stopMeasuring())
    metrics.gauge('vigie_database_connections', 'Connections of the app role.', () => storage.pool().total)
    metrics.gauge('vigie_database_connections_idle', 'Of them, waiting for work.', () => storage.pool().idle)
    metrics.gauge('vigie_database_waiting', 'Requests that wait for a connection.', () => storage.pool().waiting)

    const hasApi = config.roles.includes('api')
    const vigie = await compose({
      database: storage.database,
      vault: storage.vault,
      log,
      clock: systemClock,
      publicUrl: config.publicUrl,
      agentUrl: config.agentUrl,
      trustedProxies: [...config.trustedProxies],
      smtp: config.smtpUrl === null ? null : { smtpUrl: config.smtpUrl },
      consoleFolder: hasApi && existsSync(builtConsole) ? builtConsole : null,
      hasApi,
      metrics,
    })
    working.push(() => vigie.close())
    measureHttp(metrics, vigie.http)
    const port = await listen(vigie, config)
    const agentPort = await listenToAgents(vigie, config, metrics, (side) => void working.push(() => side.close()))
    Object.assign(vigie.services, config.urls({ port, agentPort }))
    if (config.roles.includes('jobs')) {
      for (const one of vigie.background) {
        await one.start()
        working.push(() => one.stop())
      }
    }
    const { publicUrl, agentUrl } = vigie.services
    return { publicUrl, agentUrl, setupLink: setupLink(vigie.services), stop }
  } catch (error) {
    await stop().catch((cause: unknown) => log.warn('a start that failed could not be cleared up', { error: String(cause) }))
    throw error
  }
}

async function listen({ http }: Vigie, config: Config): Promise<number> {
  try {
    await http.listen({ host: config.host, port: config.port })
  } catch (error) {
    throw listenError(error, 'console', config.host, config.port)
  }
  const address = http.server.address()
  return typeof address === 'object' && address ? address.port : config.port
}

async function listenToAgents({ services }: Vigie, config: Config, metrics: Metrics, taken: (side: AgentSide) => void): Promise<number> {
  if (!config.roles.includes('agents')) return config.agentPort
  try {
    const side = await startAgentSide({ services, port: config.agentPort, host: config.agentHost })
    taken(side)
    metrics.gauge('vigie_agents_connected', 'Agents whose channel this process holds.', () => side.connections)
    metrics.gauge('vigie_ingest_waiting_rows', 'Items received and not yet stored.', () => side.waitingRows)
    return side.port
  } catch (error) {
    throw listenError(error, 'agents', config.agentHost, config.agentPort)
  }
}
