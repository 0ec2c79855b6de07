import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { latestMigration } from './platform/index.ts'
import { testDatabase, type TestDatabase } from './platform/testing/database.ts'

const main = path.resolve(import.meta.dirname, 'main.ts')
let database: TestDatabase
let folder: string
const running: ChildProcess[] = []
beforeAll(async () => {
  database = await testDatabase()
  folder = mkdtempSync(path.join(tmpdir(), 'vigie-main-'))
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')))

interface Started {
  child: ChildProcess
  output: () => string
  url: string
  setupLink: string | null
  exit: Promise<number | null>
}
function run(args: string[], env: Record<string, string> = {}): Omit<Started, 'url' | 'setupLink'> {
  const child = spawn(
    process.execPath,
    [
      main,
      '--port',
      '0',
      '--agent-port',
      '0',
      '--agent-host',
      '127.0.0.1',
      '--data',
      path.join(folder, 'var'),
      '--log-level',
      'warn',
      ...args,
    ],
    {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { child, output: () => text, exit: once(child, 'close').then(([code]) => code as number | null) }
}
async function start(args: string[] = [], env: Record<string, string> = {}): Promise<Started> {
  const started = run(args, env)
  await expect.poll(() => /Vigie is ready/.test(started.output()) || started.child.exitCode !== null, { timeout: 60_000 }).toBe(true)
  const url = /Vigie is ready: +(\S+)/.exec(started.output())?.[1] ?? ''
  await expect.poll(started.output, { timeout: 10_000 }).toMatch(/Set it up, once: \S+\n/) // its last line, which may come by itself
  return { ...started, url, setupLink: /Set it up, once: (\S+)/.exec(started.output())?.[1] ?? null }
}

describe('a process of Vigie (OPS-1)', () => {
  it('says where it is and how to set it up, answers, and is gone soon after SIGTERM', async () => {
    const { url, setupLink, child, exit } = await start()
    expect(setupLink).toMatch(new RegExp(`^${url}/setup#[A-Za-z0-9_-]{43}$`))
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('vigie_agents_connected 0')
    expect((await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.1' } })).status).toBe(404)
    const started = performance.now()
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(performance.now() - started).toBeLessThan(5_000)
  }, 90_000)

  it('answers what is on its way before it goes, and takes nothing new (R44)', async () => {
    const { url, child, exit } = await start()
    const port = Number(new URL(url).port)
    // half a request: its headers are in, its body is not
    const body = JSON.stringify({ email: 'nobody@example.com', password: 'x'.repeat(20) })
    const socket = net.connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.write(
      `POST /api/v1/session HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    )
    await fetch(`${url}/healthz`) // by its answer the other one has been read, too
    child.kill('SIGTERM')
    await expect
      .poll(
        async () =>
          await fetch(`${url}/healthz`).then(
            () => 'open',
            () => 'closed',
          ),
      )
      .toBe('closed')
    socket.write(body.slice(10))
    expect(await exit).toBe(0)
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).toContain('sign-in.refused')
  }, 90_000)

  it('goes at once when asked twice', async () => {
    const { url, child, exit } = await start()
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{')
    await fetch(`${url}/healthz`)
    child.kill('SIGINT')
    await expect
      .poll(
        async () =>
          await fetch(`${url}/healthz`).then(
            () => 'open',
            () => 'closed',
          ),
      )
      .toBe('closed')
    child.kill('SIGINT')
    expect(await exit).toBe(130)
  }, 90_000)

  it('does part of the work where told: without `api` there is no API, but it answers for its health', async () => {
    const { output, child, exit } = run(['--roles', 'jobs', '--port', '0'])
    await expect.poll(output, { timeout: 60_000 }).toContain('Vigie is ready (jobs)')
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  }, 90_000)
})

describe('what keeps it from starting is one sentence and an exit code', () => {
  /** No stack, no second line; nothing listens any more. */
  async function refused(args: string[], env: Record<string, string>, exitCode: number, words: RegExp) {
    const { output, exit } = run(args, env)
    expect(await exit, output()).toBe(exitCode)
    expect(output().trim().split('\n')).toHaveLength(1)
    expect(output()).toMatch(words)
  }

  it('a port that is taken, for the console or the agents', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const port = String((taken.address() as net.AddressInfo).port)
    await refused(['--port', port], {}, 76, /Port \d+ for the console is taken/)
    await refused(['--agent-port', port], {}, 76, /Port \d+ for the agents is taken/)
    taken.close()
  }, 90_000)

  it('a newer schema (R45)', async () => {
    const newer = (await latestMigration()) + 1
    await database.owner.query(`insert into migration (number, name) values ($1, 'of-a-newer-version')`, [newer])
    try {
      await refused([], {}, 65, new RegExp(`schema \\(${newer}\\) is newer`))
    } finally {
      await database.owner.query('delete from migration where number = $1', [newer])
    }
  }, 90_000)

  it('a key file that is not the one the database was sealed with (R39)', async () => {
    const file = path.join(folder, 'other-key')
    writeFileSync(file, Buffer.alloc(32, 7).toString('base64'))
    await refused(['--key-file', file], {}, 64, /is not the one this database was sealed with/)
  }, 90_000)

  it('a key file that holds no key', async () => {
    const file = path.join(folder, 'no-key')
    writeFileSync(file, 'hello')
    await refused(['--key-file', file], {}, 64, /no-key/)
  }, 90_000)

  it('a database that nobody answers for', async () => {
    await refused([], { DATABASE_URL: 'postgresql://nobody:secret@127.0.0.1:9/vigie' }, 69, /nothing answers there/)
  }, 90_000)

  it('a flag nobody knows', async () => {
    await refused(['--colour', 'red'], {}, 64, /--colour/)
  }, 90_000)
})
