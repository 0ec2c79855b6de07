import path from 'node:path'
import pg from 'pg'
import type { Config } from './config.ts'
import { lockDataFolder, prepareDataFolder } from './data-folder.ts'
import { asLogin, createDatabase, createPool, isAway, latestMigration, migrate, type Database } from './db/index.ts'
import type { Log } from './log.ts'
import { startEmbedded } from './postgres/index.ts'
import { databaseUnreachable, newerSchema, StartError } from './start-error.ts'
import { createVault, readKeyFile, type Vault } from './vault.ts'

/** Connections a process keeps at most: one for each of the requests, agents' batches and jobs that run at the same moment, and those that listen. */
const appConnections = 24
const ownerConnections = 4

export interface Storage {
  database: Database
  vault: Vault
  /** Of the app role's pool, for the metrics. */
  pool(): { total: number; idle: number; waiting: number }
  /** Closes the pools, then the embedded PostgreSQL, then lets the data folder go. */
  close(): Promise<void>
}

/**
 * The data folder, the key file, and a database that is reached and migrated. A start that fails half-way gives back what it took.
 * @throws StartError one sentence for the person in front of the terminal
 */
export async function openStorage(config: Config, log: Log): Promise<Storage> {
  const given: (() => Promise<void>)[] = []
  let isClosing = false
  const giveBack = async () => {
    isClosing = true
    for (const close of given.reverse()) await close()
  }
  try {
    prepareDataFolder(config.dataDir)
    let url = config.databaseUrl
    if (url === null) {
      given.push(await lockDataFolder(config.dataDir)) // several processes may share a folder only where the database is elsewhere
      const embedded = await startEmbedded({
        dataDir: config.dataDir,
        onEvent: (level, message, data) => log[isClosing ? 'debug' : level](message, data),
      })
      given.push(() => embedded.stop())
      url = embedded.ownerUrl
    } else await assertUsable(url)
    const vault = createVault(
      await readKeyFile(config.keyFile).catch((error: Error) => {
        throw new StartError(
          'bad-setting',
          `The key file ${config.keyFile} cannot be used: ${error.message}. Give the right one with --key-file or VIGIE_KEY_FILE.`,
          { cause: error },
        )
      }),
    )

    // what hangs up on us while we hang up is no news
    const onIdleError = (error: Error) => log[isClosing ? 'debug' : 'warn']('a database connection was lost', { error: error.message })
    const owner = createPool({ url, max: ownerConnections, role: null, onIdleError })
    given.push(() => owner.end())
    const known = await latestMigration()
    const { before, after } = await migrate(owner).catch((error: unknown) => {
      throw mayNotMigrate(error)
    })
    if (after > known) throw newerSchema(after, known)
    if (after > before) log.info('schema brought forward', { before, after })
    await assertOwnKey(owner, vault, config.keyFile)

    // our own PostgreSQL lets us in by any name: then even `reset role` leads nowhere (decision 7)
    if (config.databaseUrl === null) await owner.query('alter role vigie_app login')
    const app = createPool({
      url: config.databaseUrl === null ? asLogin(url, 'vigie_app') : url,
      max: appConnections,
      role: 'vigie_app',
      onIdleError,
    })
    given.push(() => app.end())
    const database = createDatabase(app, owner)
    return { database, vault, pool: () => ({ total: app.totalCount, idle: app.idleCount, waiting: app.waitingCount }), close: giveBack }
  } catch (error) {
    await giveBack().catch((cause: unknown) => log.warn('a start that failed could not be cleared up', { error: String(cause) }))
    throw error
  }
}

/** Reached, let in, and new enough. */
async function assertUsable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ number: number }>(`select current_setting('server_version_num')::integer as number`)
    if (rows[0]!.number < 150_000)
      throw new StartError(
        'database-unreachable',
        `The database is PostgreSQL ${Math.floor(rows[0]!.number / 10_000)}, and Vigie needs 15 or newer.`,
      )
  } catch (error) {
    if (error instanceof StartError) throw error
    throw databaseUnreachable(url, error)
  } finally {
    await client.end().catch(() => {})
  }
}

/** insufficient_privilege: said with what is missing. Other errors are given back as they are. */
function mayNotMigrate(error: unknown): unknown {
  if ((error as { code?: string } | null)?.code !== '42501') return error
  const sentence =
    'The database refuses to make what Vigie needs: let its user own the database and make roles (alter role ... createrole), or let an administrator run the first start.'
  return new StartError('database-unreachable', sentence, { cause: error })
}

/** Every sealed value needs the key file it was sealed with: told at the start, not at the first sign-in (R39). */
async function assertOwnKey(owner: pg.Pool, vault: Vault, keyFile: string): Promise<void> {
  try {
    await vault.installationSecret({ owner }, 'key-check', () => Buffer.from('vigie'))
  } catch (error) {
    if (isAway(error)) throw error
    throw new StartError(
      'bad-setting',
      `The key file ${path.resolve(keyFile)} is not the one this database was sealed with: give the right one with --key-file or VIGIE_KEY_FILE.`,
      { cause: error },
    )
  }
}
