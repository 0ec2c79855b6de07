import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { databaseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { makeCluster, makeSocketFolder, removeSocketFolder, socketUrl, startPostmaster, type Place } from './cluster.ts'

/** Nothing of a test's database survives it, so nothing is made durable. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
  shared_buffers: '64MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '1h',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
  io_method: 'sync',
}

/**
 * One throw-away server for a test run, from a cluster made once and copied since. `superuserUrl` may make databases and roles; whoever may reach the socket
 * (this account, and PostgreSQL's own) needs no password, for any role.
 */
export async function startForTests(): Promise<{ superuserUrl: string; stop: () => Promise<void> }> {
  const account = databaseAccount()
  const binaries = findBinaries(account)
  const template = path.join(tmpdir(), `vigie-test-cluster-${process.getuid?.()}-${binaries.version}`)
  if (!isOurs(template, account?.uid)) await makeTemplate({ folder: template, binaries, account })

  clearLeftovers()
  const folder = mkdtempSync(path.join(tmpdir(), 'vigie-test-pg-'))
  const place: Place = { folder: path.join(folder, 'data'), binaries, account }
  execFileSync('cp', ['-a', template, place.folder]) // with modes and owners, and in a third of the time that fs.cp takes
  const socketFolder = makeSocketFolder(account)
  const server = await startPostmaster(place, socketFolder, settings, () => {})
  return {
    superuserUrl: socketUrl(socketFolder, 'postgres'),
    async stop() {
      server.process.kill('SIGQUIT')
      await server.gone
      removeSocketFolder(socketFolder)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs that were killed leave their 40 MB: gone after an hour, unless a server still runs in them. */
function clearLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith('vigie-test-pg-'))) {
    const folder = path.join(tmpdir(), name)
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    if (!stat || stat.uid !== process.getuid?.() || Date.now() - stat.mtimeMs < 3_600_000) continue
    const lock = path.join(folder, 'data/postmaster.pid')
    const isInUse = existsSync(lock) && existsSync(`/proc/${readFileSync(lock, 'utf8').split('\n')[0]}`)
    if (!isInUse) rmSync(folder, { recursive: true, force: true })
  }
}

async function makeTemplate(place: Place): Promise<void> {
  const folder = mkdtempSync(`${place.folder}.`)
  const made = path.join(folder, 'data')
  try {
    await makeCluster({ ...place, folder: made }, { auth: 'trust', isDurable: false })
    rmSync(place.folder, { recursive: true, force: true })
    renameSync(made, place.folder)
  } catch (error) {
    if (!existsSync(place.folder)) throw error // else another run was faster
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A folder of that name in a shared temporary folder may be anybody's. */
function isOurs(folder: string, uid = process.getuid?.()): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat !== undefined && stat.isDirectory() && stat.uid === uid
}
