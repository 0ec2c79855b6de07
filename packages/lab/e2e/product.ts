import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SMTPServer } from 'smtp-server'
import { simpleParser, type ParsedMail } from 'mailparser'

const main = path.resolve(import.meta.dirname, '../../server/src/main.ts')

/** Vigie as a person starts it: its own process, its own data folder, free ports. */
export interface Product {
  url: string
  setupLink: string
  folder: string
  agentPort: number
  /** `SIGKILL`, then the same again on the same data and ports. @param meanwhile happens while it is away */
  killAndStart(meanwhile?: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

/** @param agentAddress of this machine, as agents are told it */
export async function startProduct(env: Record<string, string> = {}, agentAddress = '127.0.0.1'): Promise<Product> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigie-e2e-'))
  const ports = [await freePort(), await freePort()]
  let child: ChildProcess
  let said: string
  async function start(): Promise<void> {
    said = ''
    child = spawn(
      process.execPath,
      [main, '--port', String(ports[0]), '--agent-port', String(ports[1]), '--data', path.join(folder, 'data')],
      {
        env: { ...process.env, VIGIE_AGENT_URL: `https://${agentAddress}:${ports[1]}`, VIGIE_LOG_LEVEL: 'warn', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const isReady = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout!, child.stderr!]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text
          if (/Agents connect:.*\n/.test(said)) setTimeout(resolve, 50)
        })
      }
      child.once('exit', (code) => reject(new Error(`Vigie ended with ${code}: ${said}`)))
    })
    await isReady
  }
  const end = (signal: 'SIGKILL' | 'SIGTERM') =>
    new Promise<void>((resolve) => {
      child.removeAllListeners('exit')
      if (child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill(signal)
    })
  await start()
  return {
    url: `http://127.0.0.1:${ports[0]}`,
    setupLink: /Set it up, once: (\S+)/.exec(said!)?.[1] ?? '',
    folder,
    agentPort: ports[1]!,
    async killAndStart(meanwhile = async () => {}) {
      await end('SIGKILL')
      await meanwhile()
      await start()
    },
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A mail server of its own that keeps what it takes. */
export async function startMailbox(): Promise<{ url: string; mails: ParsedMail[]; close(): Promise<void> }> {
  const mails: ParsedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      simpleParser(stream).then(
        (mail) => {
          mails.push(mail)
          done()
        },
        (error: unknown) => done(error as Error),
      )
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as { port: number }
  return { url: `smtp://127.0.0.1:${port}`, mails, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
