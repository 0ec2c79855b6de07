import { fork, spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import path from 'node:path'
import { DemoError } from './folder.ts'

/** What the server of the past says and is asked, as packages/server/src/demo.ts has it: this part speaks to the server, and imports nothing of it. */
export interface DemoServer {
  publicUrl: string
  agentUrl: string
  setupLink: string
  caFingerprint: string
  /** Before `.` and an e-mail address: that account's session cookie. */
  pass: string
}
export type Asked =
  | { kind: 'at'; at: string }
  | { kind: 'assess'; productIds: readonly string[] }
  | { kind: 'miss' }
  | { kind: 'jobs' }
  | { kind: 'go-on'; jobs: readonly string[] }
  | { kind: 'stop' }
type Answered = { ready: DemoServer } | { done: true } | { failed: string }

/** In a session of their own, so that Ctrl-C reaches us alone and the agents say goodbye first; they end when we are gone, however that came. */
const endsWithUs = ['--import', path.resolve(import.meta.dirname, '../../../../tools/lib/end-with-parent.mjs')]
const sources = path.resolve(import.meta.dirname, '../../../server/src')

export interface Ports {
  folder: string
  port: number
  agentPort: number
}

/** Heard on this machine only. Nothing of the surroundings reaches it: an address of a real database would be one line of `.profile` away. */
const argumentsOf = ({ folder, port, agentPort }: Ports) => [
  '--data',
  path.join(folder, 'data'),
  '--host',
  '127.0.0.1',
  '--port',
  String(port),
  '--agent-host',
  '127.0.0.1',
  '--agent-port',
  String(agentPort),
  '--agent-url',
  `https://127.0.0.1:${agentPort}`,
  '--log-level',
  'warn',
]
const surroundings = ({ folder }: Ports) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VIGIE_|DATABASE_URL$|PG)/.test(name))),
  // the server of the present is the one of the past to nine tenths: half of its start was to compile it again
  NODE_COMPILE_CACHE: path.join(folder, 'compiled'),
})

/** The server of the past, whose clock we move. */
export interface PastServer extends DemoServer {
  ask(asked: Asked): Promise<void>
  stop(): Promise<void>
}

export async function startPast(ports: Ports): Promise<PastServer> {
  const child = fork(path.join(sources, 'demo.ts'), argumentsOf(ports), {
    execArgv: endsWithUs,
    env: surroundings(ports),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  const answered = () =>
    new Promise<Answered>((resolve, reject) => {
      const ended = (code: number | null) => reject(new DemoError(`The server of the demo ended with ${code}.`))
      child.once('exit', ended)
      child.once('message', (answer: Answered) => {
        child.off('exit', ended)
        resolve(answer)
      })
    })
  const first = await answered()
  if (!('ready' in first)) throw new DemoError('failed' in first ? first.failed : 'The server of the demo did not start.')
  let asking: Promise<void> = Promise.resolve()
  const ask = (asked: Asked) =>
    (asking = asking.then(async () => {
      const answer = answered()
      child.send(asked)
      const said = await answer
      if ('failed' in said) throw new Error(said.failed)
    }))
  return {
    ...first.ready,
    ask,
    async stop() {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      await ask({ kind: 'stop' })
      await gone
    },
  }
}

export interface PresentServer {
  url: string
  process: ChildProcess
  stop(): Promise<void>
}

/** The server as it is: nothing in it knows of the demo. @throws DemoError with its own words when it does not start */
export async function startPresent(ports: Ports): Promise<PresentServer> {
  const child = spawn(process.execPath, [...endsWithUs, path.join(sources, 'main.ts'), ...argumentsOf(ports)], {
    env: surroundings(ports),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const failed = () => reject(new DemoError(said.replaceAll(/^vigie: /gm, '').trim() || 'The server of the demo did not start.'))
    child.once('exit', failed)
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (!/Agents connect:.*\n/.test(said)) return
        child.off('exit', failed)
        resolve()
      })
    }
  })
  child.stderr.on('data', (text: string) => process.stderr.write(text))
  return {
    url: `http://127.0.0.1:${ports.port}`,
    process: child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

/** The same at the next start: machines know where to come back to. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
