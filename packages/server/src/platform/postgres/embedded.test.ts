import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { databaseAccount } from './account.ts'
import { startEmbedded, type Embedded } from './embedded.ts'

let base = ''
beforeAll(() => void (base = mkdtempSync(path.join(tmpdir(), 'vigie-embedded-'))))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** A data folder as main makes it; `deep`: with a path far longer than a socket's may be. */
function aDataFolder(name: string): string {
  const dataDir = path.join(base, name)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  chmodSync(base, 0o700) // like root's home: PostgreSQL's own account cannot walk down to its folder
  return dataDir
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const postmasterOf = (dataDir: string) => Number(readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
const socketFolderOf = ({ ownerUrl }: Embedded) => new URLSearchParams(ownerUrl.split('?')[1]).get('host')!
/** A zombie, which its stopped parent has not collected, is not running. */
const isRunning = (pid: number) => {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== ''
  } catch {
    return false
  }
}

describe('the embedded PostgreSQL (OPS-1)', () => {
  it('starts in a folder of any length that only we may enter, keeps what it was given, and leaves nothing behind', async () => {
    const dataDir = aDataFolder(`long/${'x'.repeat(120)}/${'y'.repeat(60)}`)
    const first = await startEmbedded({ dataDir })
    await ask(first.ownerUrl, `create table kept as select 'é' as word`)
    await first.stop()
    expect(existsSync(path.join(dataDir, 'postgres/postmaster.pid'))).toBe(false)
    expect(existsSync(socketFolderOf(first))).toBe(false)

    const startedAt = performance.now()
    const second = await startEmbedded({ dataDir })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(await ask(second.ownerUrl, 'select word from kept')).toEqual([{ word: 'é' }])
    await second.stop()
  })

  it('is durable, listens on no port, and lets nobody in but this account', async () => {
    const dataDir = aDataFolder('private')
    const embedded = await startEmbedded({ dataDir })
    const [settings] = await ask(
      embedded.ownerUrl,
      `select current_setting('fsync') fsync, current_setting('synchronous_commit') commits, current_setting('full_page_writes') pages, current_setting('listen_addresses') addresses`,
    )
    expect(settings).toEqual({ fsync: 'on', commits: 'on', pages: 'on', addresses: '' })
    const rules = await ask(embedded.ownerUrl, 'select type, auth_method, error from pg_hba_file_rules')
    expect(rules).toEqual([{ type: 'local', auth_method: 'peer', error: null }])

    expect(statSync(socketFolderOf(embedded)).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(dataDir, 'postgres')).mode & 0o777).toBe(0o700)
    const account = databaseAccount()
    if (account) {
      // root: PostgreSQL's own account reaches the socket, and peer authentication turns it away
      const script = `const s = require('net').connect(${JSON.stringify(`${socketFolderOf(embedded)}/.s.PGSQL.5432`)});
        const body = Buffer.from('\\0\\x03\\0\\0user\\0vigie\\0database\\0vigie\\0\\0'); const size = Buffer.alloc(4); size.writeInt32BE(body.length + 4);
        s.on('connect', () => s.write(Buffer.concat([size, body]))); s.on('data', (d) => { console.log(d.toString('latin1')); s.end() }); s.on('error', (e) => console.log(e.code))`
      const { stdout } = spawnSync('/usr/bin/env', ['node', '-e', script], { ...account, cwd: '/', encoding: 'utf8', timeout: 10_000 })
      expect(stdout).toMatch(/28000|EACCES/)
    }
    await embedded.stop()
  })

  it('is started again when it crashes, on the same socket', async () => {
    const dataDir = aDataFolder('crash')
    const events: string[] = []
    const embedded = await startEmbedded({
      dataDir,
      onEvent: (level, message) => void (level === 'debug' || events.push(`${level}: ${message}`)),
    })
    await ask(embedded.ownerUrl, 'create table kept as select 1 as n')
    const before = postmasterOf(dataDir)
    process.kill(before, 'SIGKILL')
    await vi.waitFor(async () => expect(await ask(embedded.ownerUrl, 'select n from kept')).toEqual([{ n: 1 }]), {
      timeout: 15_000,
      interval: 100,
    })
    expect(postmasterOf(dataDir)).not.toBe(before)
    expect(events).toContain('warn: the embedded PostgreSQL ended by itself and is started again')
    await embedded.stop()
  })

  it('ends by itself when its Vigie is killed, and the next start finds what was committed', async () => {
    const dataDir = aDataFolder('orphan')
    const script = `import { startEmbedded } from ${JSON.stringify(path.join(import.meta.dirname, 'embedded.ts'))}; const { ownerUrl } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} }); console.log(ownerUrl); setInterval(() => {}, 1000)`
    const vigie = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    const url = String(await new Promise((resolve) => vigie.stdout.once('data', resolve))).trim()
    await ask(url, 'create table kept as select 1 as n')
    const orphan = postmasterOf(dataDir)
    vigie.kill('SIGKILL')
    const socketFolder = new URLSearchParams(url.split('?')[1]).get('host')!
    await vi.waitFor(() => expect([isRunning(orphan), existsSync(socketFolder)]).toEqual([false, false]), { timeout: 10_000, interval: 50 })
    const next = await startEmbedded({ dataDir })
    expect(await ask(next.ownerUrl, 'select n from kept')).toEqual([{ n: 1 }])
    await next.stop()
  })

  it('stops one that outlived its Vigie and its watcher, and clears its socket away', async () => {
    const dataDir = aDataFolder('outlived')
    const script = `import { startEmbedded } from ${JSON.stringify(path.join(import.meta.dirname, 'embedded.ts'))}; const { ownerUrl } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} }); console.log(ownerUrl); setInterval(() => {}, 1000)`
    const vigie = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    const url = String(await new Promise((resolve) => vigie.stdout.once('data', resolve))).trim()
    const orphan = postmasterOf(dataDir)
    vigie.kill('SIGSTOP') // looks after nothing any more; its pipe to the watcher stays open
    const next = await startEmbedded({ dataDir })
    expect(isRunning(orphan)).toBe(false)
    expect(existsSync(new URLSearchParams(url.split('?')[1]).get('host')!)).toBe(false)
    expect(await ask(next.ownerUrl, 'select 1 as n')).toEqual([{ n: 1 }])
    await next.stop()
    vigie.kill('SIGKILL')
  })

  it('is not deceived by a lock file whose number belongs to another program now', async () => {
    const dataDir = aDataFolder('reused')
    await (await startEmbedded({ dataDir })).stop()
    writeFileSync(path.join(dataDir, 'postgres/postmaster.pid'), `${process.pid}\n/proc/self/cwd\n1\n5432\n${base}\n\n1 1\nready   \n`)
    const embedded = await startEmbedded({ dataDir })
    await embedded.stop()
    expect(isRunning(process.pid)).toBe(true)
    expect(existsSync(base)).toBe(true) // nor does it clear away what is not a socket's folder
  })

  it('leaves nothing half made when it cannot be set up', async () => {
    const dataDir = aDataFolder('cut-off')
    mkdirSync(path.join(dataDir, 'postgres.new')) // of a first start that was cut off
    writeFileSync(path.join(dataDir, 'postgres.new/half'), '')
    await (await startEmbedded({ dataDir })).stop()
    expect(readdirSync(dataDir)).toEqual(['postgres'])
  })
})
