import { generateKeyPairSync } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { accessRoutes, actorOf, prepareDummyHash, setupToken } from './access/index.ts'
import { showAuthority } from './agents/index.ts'
import { assessmentJobs, createAssessor } from './assessment/index.ts'
import { auditRoutes, recordRefusal } from './audit/index.ts'
import { commandJobs, commandRoutes } from './commands/index.ts'
import { customerRoutes } from './customers/index.ts'
import { dashboardRoutes } from './dashboard/index.ts'
import { eventRoutes } from './events/index.ts'
import { figureJobs, figureRoutes } from './figures/index.ts'
import { inventoryRoutes } from './inventory/index.ts'
import { cleaning, retentionJobs } from './retention/index.ts'
import { createSwitchRunner, identityJobs, identityRoutes } from './identity/index.ts'
import { createScheduler, type Job } from './jobs/index.ts'
import { ledgerRoutes } from './ledger/index.ts'
import { licenceJobs, licenceRoutes } from './licences/index.ts'
import { createHub, liveRoutes } from './live/index.ts'
import { maintenanceJobs, maintenanceRoutes } from './maintenance/index.ts'
import { outbreakJobs, outbreakRoutes } from './outbreak/index.ts'
import { createOrderRunner, orderJobs, orderRoutes } from './orders/index.ts'
import { createSender, noMail, outboxRoutes, type SenderOptions } from './outbox/index.ts'
import {
  createHttp,
  isSimulated,
  latestMigrationIs,
  type Background,
  type Clock,
  type Database,
  type Handler,
  type Log,
  type Metrics,
  type Services,
  type Vault,
} from './platform/index.ts'
import { groupRoutes, productJobs, productRoutes } from './products/index.ts'
import { releaseRoutes } from './releases/index.ts'
import { searchRoutes } from './search/index.ts'
import { settingJobs, settingRoutes } from './settings/index.ts'
import { siteRoutes } from './sites/index.ts'
import { viewRoutes } from './views/index.ts'

export interface Parts {
  database: Database
  vault: Vault
  clock: Clock
  log: Log
  publicUrl: string
  agentUrl: string
  consoleFolder: string | null
  /** False: a process that only hears agents or works; it still answers for its health. Absent: true. */
  hasApi?: boolean
  trustedProxies: string[]
  /** Null: mails are kept and read in the console. */
  smtp: SenderOptions | null
  /** Absent: no /metrics. */
  metrics?: Metrics
}

export interface Vigie {
  http: FastifyInstance
  services: Services
  /** Every route there is: the isolation matrix walks them. */
  handlers: readonly Handler[]
  readonly jobs: readonly Job[]
  /** What main.ts starts in processes with the role `jobs`; tests start what they are about. */
  background: Background[]
  close(): Promise<void>
}

/**
 * Puts the slices together: the one place that lists them. main.ts brings a real configuration, tests a test database; everything between is the same.
 */
export async function compose(parts: Parts): Promise<Vigie> {
  const { database, vault, clock, log } = parts
  const commandKey = await vault.installationSecret(database, 'command-key', () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
  )
  const services: Services = {
    database,
    vault,
    clock,
    log,
    commandKey,
    publicUrl: parts.publicUrl,
    agentUrl: parts.agentUrl,
    setupToken: null,
    caFingerprint: '',
    isSimulated: await isSimulated(database),
    endLive: () => {},
    mail: noMail,
    actorOf: async () => null,
  }
  services.actorOf = (token) => actorOf(services, token)
  services.setupToken = await setupToken(services)
  await prepareDummyHash()
  await showAuthority(services)
  const hub = createHub(services)
  services.endLive = (match) => hub.endLive(match)
  parts.metrics?.gauge('vigie_consoles_connected', 'Consoles that hear live updates from this process.', () => hub.size)
  const handlers: Handler[] = [
    ...accessRoutes,
    ...auditRoutes,
    ...customerRoutes,
    ...viewRoutes,
    ...ledgerRoutes,
    ...productRoutes,
    ...settingRoutes,
    ...groupRoutes,
    ...inventoryRoutes,
    ...licenceRoutes,
    ...identityRoutes,
    ...figureRoutes,
    ...searchRoutes,
    ...dashboardRoutes,
    ...liveRoutes(hub),
    ...outboxRoutes,
    ...commandRoutes,
    ...orderRoutes,
    ...releaseRoutes,
    ...outbreakRoutes,
    ...eventRoutes,
    ...maintenanceRoutes,
    ...siteRoutes,
  ]
  const jobs: Job[] = [
    ...cleaning,
    ...retentionJobs,
    ...productJobs,
    ...identityJobs,
    ...commandJobs,
    ...settingJobs,
    ...orderJobs,
    ...figureJobs,
    ...licenceJobs,
    ...outbreakJobs,
    ...assessmentJobs,
    ...maintenanceJobs,
  ]
  const background: Background[] = [
    createScheduler(services, jobs),
    createAssessor(services),
    createOrderRunner(services),
    createSwitchRunner(services),
  ]
  if (parts.smtp !== null) {
    const sender = createSender(services, parts.smtp)
    services.mail = sender
    background.push(sender)
  }
  const http = await createHttp({
    services,
    handlers: parts.hasApi === false ? [] : handlers,
    consoleFolder: parts.consoleFolder,
    trustedProxies: parts.trustedProxies,
    onRefusal: (actor, origin, route, problem) => recordRefusal(services, actor, origin, route, problem),
    isReady: () => latestMigrationIs(database),
    ...(parts.metrics ? { metrics: async () => parts.metrics!.text() } : {}),
  })
  // streams have no end of their own: without this, closing would wait for them for ever (R44)
  http.addHook('preClose', () => hub.close())
  return {
    http,
    services,
    handlers,
    jobs,
    background,
    async close() {
      await http.close()
    },
  }
}
