import { randomBytes } from 'node:crypto'
import { actorNow, isSetUp, setupLink } from './access/index.ts'
import { startAgentSide } from './agents/index.ts'
import { assessProducts } from './assessment/index.ts'
import { compose } from './compose.ts'
import { createOrderRunner } from './orders/index.ts'
import { readConfig } from './platform/config.ts'
import { createLog, isSimulated, markSimulated, newId, type Services, type Tenant } from './platform/index.ts'
import { StartError } from './platform/start-error.ts'
import { openStorage } from './platform/storage.ts'

/**
 * The past of a simulated estate (`npm run demo`, decision 32): the same server, put together with a clock that the parent process moves, on a database that held
 * nothing. Everything comes in by the API and the agents' protocol; what goes by itself in earnest (assessing, jobs) is asked for here at the moments that matter. Obeys the
 * process that forked it and nobody else; ends with it. The present is played by main.ts, which knows nothing of this.
 */
export interface DemoServer {
  publicUrl: string
  agentUrl: string
  setupLink: string
  caFingerprint: string
  /** Before `.` and an e-mail address it is that account's session cookie: real sessions end by the database's own clock, which nobody moves. */
  pass: string
}
export type Asked =
  | { kind: 'at'; at: string }
  /** These products as they are now: the assessor's own work, for those that something happened to. */
  | { kind: 'assess'; productIds: readonly string[] }
  /** All have said goodbye but those that vanished: these are missed now. */
  | { kind: 'miss' }
  /** Every job there is, once. */
  | { kind: 'jobs' }
  /** These jobs, then all that orders can do now. */
  | { kind: 'go-on'; jobs: readonly string[] }
  | { kind: 'stop' }
export type Answered = { ready: DemoServer } | { done: true } | { failed: string }

/** No timer looks for silent agents: the clock jumps by days, and nobody is missed but when we ask (`miss`). */
const timing = { sweepMs: 2_000_000_000, silentAfterMs: 1_000 }

const tell = (answer: Answered) => void process.send!(answer)

async function main(): Promise<void> {
  if (!process.send) throw new StartError('bad-setting', 'This is a part of npm run demo, and does not start by itself.')
  const config = readConfig(process.argv.slice(2), {})
  const log = createLog(config.logLevel)
  let offsetMs = 0
  const clock = { now: () => new Date(Date.now() + offsetMs) }
  const storage = await openStorage(config, log)
  const { database, vault } = storage
  if ((await isSetUp({ database })) || (await isSimulated(database))) {
    await storage.close()
    throw new StartError('bad-setting', `The data folder ${config.dataDir} holds an installation already: the demo begins in an empty one.`)
  }
  await markSimulated(database, vault)
  // thousands of commits that nobody waits for: a past that was not told to its end is told anew. Connections of the product's own role are opened from here on
  await database.owner.query('alter role vigie_app set synchronous_commit = off')
  const vigie = await compose({
    database,
    vault,
    log,
    clock,
    publicUrl: config.publicUrl,
    agentUrl: config.agentUrl,
    trustedProxies: [],
    smtp: null,
    consoleFolder: null,
  })
  const { services } = vigie
  await vigie.http.listen({ host: config.host, port: config.port })
  const side = await startAgentSide({ services, port: config.agentPort, host: config.agentHost, timing })
  const address = vigie.http.server.address()
  Object.assign(services, config.urls({ port: typeof address === 'object' && address ? address.port : config.port, agentPort: side.port }))
  const pass = letIn(services)
  const orders = createOrderRunner(services)

  const obey = async (asked: Asked): Promise<void> => {
    switch (asked.kind) {
      case 'at':
        offsetMs = Date.parse(asked.at) - Date.now()
        return
      case 'assess':
        return await assess(services, asked.productIds)
      case 'miss':
        while (
          (await database.owner.query('select from agent where connection_id is not null and held_by is not null limit 1')).rows.length > 0
        )
          await side.look()
        return await side.look()
      case 'jobs':
        for (const job of vigie.jobs) await job.run(services)
        return
      case 'go-on':
        for (const job of vigie.jobs.filter(({ id }) => asked.jobs.includes(id))) await job.run(services)
        return await orders.runDue()
      case 'stop':
        await side.close()
        await vigie.close()
        await database.owner.query('alter role vigie_app reset synchronous_commit')
    }
  }
  process.on('message', (asked: Asked) => {
    obey(asked).then(
      () => {
        tell({ done: true })
        if (asked.kind === 'stop') process.disconnect()
      },
      (error: unknown) => tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.once('disconnect', () => void storage.close().finally(() => process.exit()))
  tell({
    ready: {
      publicUrl: services.publicUrl,
      agentUrl: services.agentUrl,
      setupLink: setupLink(services) ?? '',
      caFingerprint: services.caFingerprint,
      pass,
    },
  })
}

function letIn(services: Services): string {
  const pass = randomBytes(32).toString('base64url')
  const { actorOf } = services
  services.actorOf = async (token) => {
    if (!token?.startsWith(`${pass}.`)) return await actorOf(token)
    const [found] = await services.database.lookup<{ partner_id: string; account_id: string }>('select * from vigie.find_accounts($1)', [
      token.slice(pass.length + 1),
    ])
    return found ? await services.database.transaction(systemOf(found.partner_id), (db) => actorNow(db, found.account_id, newId())) : null
  }
  return pass
}

const systemOf = (partnerId: string): Tenant => ({ partnerId, scope: 'all', principalId: null })

async function assess(services: Services, productIds: readonly string[]): Promise<void> {
  const now = services.clock.now()
  for (const { id } of await services.database.lookup<{ id: string }>('select vigie.partner_ids() as id')) {
    // a lease that has run out: when they are due next stays as it is, and the assessor looks at them again when it starts
    await services.database.transaction(systemOf(id), (db) => assessProducts(db, services, productIds, now))
  }
}

try {
  await main()
} catch (error) {
  tell({ failed: error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error) })
  process.disconnect()
  process.exitCode = 1
}
