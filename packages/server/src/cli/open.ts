import { readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  createDatabase,
  createPool,
  createVault,
  latestMigration,
  migrate,
  readKeyFile,
  systemClock,
  type Log,
  type Services,
} from '../platform/index.ts'
import type { Config } from '../platform/config.ts'
import { socketUrl } from '../platform/postgres/cluster.ts'
import { newerSchema, StartError } from '../platform/start-error.ts'
import { openStorage } from '../platform/storage.ts'

/** What an operator's command works with. */
export interface Opened {
  services: Services
  close(): Promise<void>
}

/**
 * The database of an installation, whether or not its server runs: by DATABASE_URL; else the embedded one, started for the moment, or, where a server holds the data folder, the
 * running one by its socket. @throws StartError
 */
export async function openInstallation(config: Config, log: Log): Promise<Opened> {
  try {
    const storage = await openStorage(config, log)
    return { services: servicesOf(config, log, storage), close: () => storage.close() }
  } catch (error) {
    if (!(error instanceof StartError) || error.reason !== 'data-folder-in-use') throw error
    return await openRunning(config, log, error)
  }
}

async function openRunning(config: Config, log: Log, inUse: StartError): Promise<Opened> {
  const url = await runningUrl(config.dataDir)
  if (url === null) throw inUse
  const onIdleError = (error: Error) => log.warn('a database connection was lost', { error: error.message })
  const owner = createPool({ url, max: 2, role: null, onIdleError })
  const app = createPool({ url, max: 4, role: 'vigie_app', onIdleError })
  const close = async () => void (await Promise.all([owner.end(), app.end()]))
  try {
    const [known, { after }] = [await latestMigration(), await migrate(owner)]
    if (after > known) throw newerSchema(after, known)
    return {
      services: servicesOf(config, log, { database: createDatabase(app, owner), vault: createVault(await readKeyFile(config.keyFile)) }),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** PostgreSQL writes where it listens into its folder: the fifth line is the socket's folder. */
async function runningUrl(dataDir: string): Promise<string | null> {
  try {
    const lines = (await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
    const socketFolder = lines[4]?.trim()
    return socketFolder ? socketUrl(socketFolder, 'vigie') : null
  } catch {
    return null
  }
}

/** No listener and no sender: mails wait in the outbox for the server's. */
function servicesOf(config: Config, log: Log, { database, vault }: Pick<Services, 'database' | 'vault'>): Services {
  return {
    database,
    vault,
    log,
    clock: systemClock,
    publicUrl: config.publicUrl,
    agentUrl: config.agentUrl,
    setupToken: null,
    caFingerprint: '',
    commandKey: Buffer.alloc(0),
    endLive: () => {},
    actorOf: async () => null,
    isSimulated: false,
    mail: { isConfigured: config.smtpUrl !== null, wake: () => {} },
  }
}
