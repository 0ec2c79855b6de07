import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { customersApi } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { fetchCa, type LabServer, startFleet } from '@vigie/lab/agents'
import { ConsoleClient, provision } from '@vigie/lab/console'
import pg from 'pg'
import type { BenchContext } from './define.ts'
import { treeOf } from './measure.ts'

export const repositoryRoot = path.resolve(import.meta.dirname, '../../../..')
const collectOnSignal = path.resolve(import.meta.dirname, 'collect-on-signal.ts')

export const account = { businessName: 'Bench', email: 'bench@example.com', password: 'a bench signs in with this' }

/** One real installation in a process of its own, fresh, with the embedded PostgreSQL, set up and signed in to. */
export interface ServerUnderTest {
  readonly pid: number
  /** What to measure: its own process, and the PostgreSQL it started with its backends. */
  processes: { server: () => number[]; database: () => number[] }
  dataDir: string
  publicUrl: string
  agents: LabServer
  console: ConsoleClient
  /** A connection to its database as its owner: for yardsticks and to look, never to change what is measured. */
  connect(): Promise<pg.Client>
  /** Lets it collect its garbage. */
  collect(): void
  /** A new process on the same data and ports: what it holds in memory is gone, sessions and identities stay. */
  restart(): Promise<void>
  stop(): Promise<void>
}

interface Running {
  child: ChildProcess
  publicUrl: string
  setupLink: string | null
}

export async function startServer(
  { say, after }: BenchContext,
  more: { nodeArgs?: string[]; flags?: string[] } = {},
): Promise<ServerUnderTest> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vigie-bench-'))
  const [port, agentPort] = [await freePort(), await freePort()]
  const args = [
    ...(more.nodeArgs ?? []),
    '--expose-gc',
    '--import',
    collectOnSignal,
    path.join(repositoryRoot, 'packages/server/src/main.ts'),
    '--port',
    String(port),
    '--agent-port',
    String(agentPort),
    '--agent-host',
    '127.0.0.1',
    '--agent-url',
    `https://127.0.0.1:${agentPort}`,
    '--data',
    dataDir,
    '--log-level',
    'error',
    ...(more.flags ?? []),
  ]
  let running: Running
  const stop = async () => {
    await end(running.child)
    rmSync(dataDir, { recursive: true, force: true })
  }
  running = await launch(args, (child) => {
    running = { child, publicUrl: '', setupLink: null }
    after(stop)
  })
  const client = new ConsoleClient(running.publicUrl)
  await client.setUp(running.setupLink!, account)
  say(`a fresh Vigie runs at ${running.publicUrl} (process ${running.child.pid})`)
  const postmaster = () => readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')
  const agentUrl = `https://127.0.0.1:${agentPort}`
  return {
    get pid() {
      return running.child.pid!
    },
    processes: { server: () => [running.child.pid!], database: () => treeOf(Number(postmaster()[0])) },
    dataDir,
    publicUrl: running.publicUrl,
    console: client,
    stop,
    agents: { url: agentUrl, ca: await installationCa(client, agentUrl) },
    async connect() {
      const [, , , databasePort, host] = postmaster()
      const database = new pg.Client({ host: host!, port: Number(databasePort), user: 'vigie', database: 'vigie' })
      database.on('error', () => {}) // its server may be stopped before it is closed
      await database.connect()
      after(() => database.end())
      return database
    },
    collect: () => void running.child.kill('SIGUSR2'),
    async restart() {
      await end(running.child)
      running = await launch(args, (child) => (running = { ...running, child }))
    },
  }
}

/** @param started is told of the process at once, so that it can be ended also when it never gets ready */
async function launch(args: string[], started: (child: ChildProcess) => void): Promise<Running> {
  const child = spawn(process.execPath, args, { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'inherit'], env: cleanEnvironment() })
  started(child)
  return { child, ...(await readiness(child)) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await Promise.race([once(child, 'exit'), new Promise((resolve) => setTimeout(resolve, 30_000))])
  child.kill('SIGKILL')
}

/** The fingerprint comes as every operator gets it: with the instructions of a product. */
async function installationCa(client: ConsoleClient, agentUrl: string): Promise<string> {
  const { caFingerprint } = await firstInstructions(client)
  return fetchCa(agentUrl, caFingerprint)
}

async function firstInstructions(client: ConsoleClient) {
  const { products } = await client.call(customersApi.createCustomer, {
    body: {
      profile: { company: 'Bench', country: 'FR' },
      account: { accountId: 'bench', timeZone: 'UTC', locale: 'en' },
      contact: { firstName: 'Bench', lastName: 'Bench', email: 'bench@example.com', locale: 'en' },
      products: [{ typeId: 'clamav-endpoint', description: 'Bench' }],
    },
  })
  return client.call(productsApi.issueKey, { params: { productId: products[0]!.id } })
}

/** A fleet of newly enrolled agents on it. */
export async function fleetOn(
  server: ServerUnderTest,
  context: BenchContext,
  agents: number,
  more: { series?: string; customers?: number; reportsEndpoints?: boolean } = {},
) {
  context.say(`making ${agents} products ...`)
  const enrolments = await provision(server.console, {
    agents,
    ...(more.series ? { series: more.series } : {}),
    ...(more.customers ? { customers: more.customers } : {}),
  })
  context.say(`enrolling ${agents} agents ...`)
  const fleet = await startFleet({
    server: server.agents,
    agents: enrolments,
    ...(more.series ? { series: more.series } : {}),
    reportsEndpoints: more.reportsEndpoints ?? true,
  })
  context.after(() => fleet.stop('kill'))
  await fleet.drained()
  return fleet
}

/** Its first words: ready, where agents connect, and on a fresh one the link to set it up. */
function readiness({ stdout }: ChildProcess): Promise<{ publicUrl: string; setupLink: string | null }> {
  return new Promise((resolve, reject) => {
    let publicUrl = ''
    const lines = createInterface({ input: stdout! })
    lines.on('line', (line) => {
      publicUrl = /^Vigie is ready:\s+(\S+)/.exec(line)?.[1] ?? publicUrl
      const setupLink = /^Set it up, once:\s+(\S+)/.exec(line)?.[1]
      if (setupLink) resolve({ publicUrl, setupLink })
      // the link comes in the same breath where there is one
      if (line.startsWith('Agents connect:')) setTimeout(() => resolve({ publicUrl, setupLink: null }), 100)
    })
    lines.on('close', () => reject(new Error('the server ended before it was ready')))
  })
}

/** Settings of the person who runs the bench are not the installation's. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGIE_') && name !== 'DATABASE_URL'))
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const isBuilt = (what: string): boolean => existsSync(path.join(repositoryRoot, what))
