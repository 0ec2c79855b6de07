import { existsSync, statSync, statfsSync } from 'node:fs'
import { totalmem } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { StartError } from '../start-error.ts'
import { databaseAccount, ownAccountName } from './account.ts'
import { findBinaries, type Binaries } from './binaries.ts'
import {
  endOrphan,
  makeCluster,
  makeSocketFolder,
  owner,
  removeSocketFolder,
  socketUrl,
  startPostmaster,
  stopPostmaster,
  type Place,
  type Postmaster,
} from './cluster.ts'

export interface Embedded {
  /** As owner of everything, over a Unix socket that only this account may use, as any role (peer authentication): no password exists. */
  ownerUrl: string
  /** Ends the server after its clients: call when all pools are closed. */
  stop(): Promise<void>
}

interface Options {
  /** Must be this process's alone: see `lockDataFolder`. */
  dataDir: string
  /** PostgreSQL's own lines, and what the launcher does about them. */
  onEvent?: (level: 'debug' | 'warn' | 'error', message: string, data?: object) => void
}

const databaseName = 'vigie'

/**
 * PostgreSQL in `<dataDir>/postgres`: made at the first start, ended with us, started again when it crashes (same socket, so pools find it again).
 * @throws StartError `embedded-database-failed`
 */
export async function startEmbedded({ dataDir, onEvent = () => {} }: Options): Promise<Embedded> {
  const account = databaseAccount()
  const place: Place = { folder: path.join(dataDir, 'postgres'), binaries: usableBinaries(account), account }
  if (existsSync(place.folder)) {
    checkOwner(place)
    await endOrphan(place.folder)
  } else {
    const name = ownAccountName()
    if (name === null)
      throw new StartError(
        'embedded-database-failed',
        'The account Vigie runs as has no name on this machine, which the embedded PostgreSQL needs: add it, or set DATABASE_URL.',
      )
    await makeCluster(place, { auth: 'peer map=vigie', ident: `vigie "${name}" all\n`, isDurable: true })
  }

  const socketFolder = makeSocketFolder(account)
  const start = () =>
    startPostmaster(place, socketFolder, settings(), (line) =>
      onEvent(/^(FATAL|PANIC):/.test(line) ? 'warn' : 'debug', 'postgres', { line }),
    )
  let isStopping = false
  let server: Postmaster
  try {
    server = await startAfterOrphans(start)
    await makeDatabase(socketFolder)
  } catch (error) {
    removeSocketFolder(socketFolder)
    throw error
  }

  const watching = (async () => {
    for (;;) {
      const how = await server.gone
      if (isStopping) return
      onEvent('warn', 'the embedded PostgreSQL ended by itself and is started again', { ...how, lastLines: server.lastLines() })
      for (let tries = 0; !isStopping; tries++) {
        try {
          server = await startAfterOrphans(start)
          break
        } catch (error) {
          onEvent('error', 'the embedded PostgreSQL does not start', { error: String(error), freeBytes: freeBytes(place.folder) })
          await pause(Math.min(30_000, 500 * 2 ** tries), undefined, { ref: false })
        }
      }
      if (isStopping) return
    }
  })()

  return {
    ownerUrl: socketUrl(socketFolder, databaseName),
    async stop() {
      isStopping = true
      await stopPostmaster(server)
      await Promise.race([watching, pause(1_000, undefined, { ref: false })])
      removeSocketFolder(socketFolder)
    },
  }
}

/** Durable (fsync stays on). A quarter of small machines' memory is too much beside Node: a sixteenth, between 64 MB and 1 GB. */
function settings(): Record<string, string> {
  const sharedMb = Math.round(Math.min(1024, Math.max(64, totalmem() / 2 ** 20 / 16)))
  return {
    shared_buffers: `${sharedMb}MB`,
    max_connections: '200',
    max_wal_size: '2GB',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The server's log may not repeat tenants' data (R39): faults of single statements reach the one who sent them, and nobody else.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
  }
}

/** Backends of a postmaster that was killed take a moment to notice; until then the memory they share is in use. */
async function startAfterOrphans(start: () => Promise<Postmaster>): Promise<Postmaster> {
  for (let tries = 0; ; tries++) {
    try {
      return await start()
    } catch (error) {
      const isLeftOver =
        error instanceof StartError && /shared memory block .* in use|lock file "postmaster.pid" already exists/.test(error.message)
      if (!isLeftOver || tries >= 50) throw error
      await pause(100)
    }
  }
}

async function makeDatabase(socketFolder: string): Promise<void> {
  const client = new pg.Client({ connectionString: socketUrl(socketFolder, 'postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName} owner ${owner}`)
  } finally {
    await client.end()
  }
}

function usableBinaries(account: Place['account']): Binaries {
  try {
    return findBinaries(account)
  } catch (error) {
    throw new StartError(
      'embedded-database-failed',
      `The embedded PostgreSQL cannot run on this machine (${process.platform} ${process.arch}): set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { cause: error },
    )
  }
}

/** PostgreSQL refuses a folder of another account; that happens when Vigie ran as root once and as a user now, or the other way round. */
function checkOwner({ folder, account }: Place): void {
  const wanted = account?.uid ?? process.getuid?.()
  const found = statSync(folder).uid
  if (found === wanted) return
  const who = process.getuid?.() === 0 ? 'without root' : 'as root'
  throw new StartError(
    'embedded-database-failed',
    `The database in ${folder} was made by a Vigie started ${who}: start it that way again, or hand the folder over with \`chown -R ${wanted} ${folder}\`.`,
  )
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
