import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '../../..')

export interface Running {
  url: string
  /** `http://.../setup#<token>` */
  setupLink: string
  stop(): Promise<void>
}

/** The whole product as a person starts it: own process, own PostgreSQL, own data folder, free ports, the console built. */
export async function startVigie(): Promise<Running> {
  if (!existsSync(join(root, 'packages/web/dist/index.html')))
    await build({ configFile: join(root, 'packages/web/vite.config.ts'), logLevel: 'error' })
  const folder = mkdtempSync(join(tmpdir(), 'vigie-e2e-'))
  const environment = { ...process.env }
  for (const name of Object.keys(environment)) if (name.startsWith('VIGIE_') || name === 'DATABASE_URL') delete environment[name]
  const server = spawn(
    process.execPath,
    [join(root, 'packages/server/src/main.ts'), '--port', '0', '--agent-port', '0', '--data', join(folder, 'data')],
    {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  const link = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      const found = /(http:\/\/\S+\/setup#\S+)/.exec(said)
      if (found) resolve(found[1]!)
    }
    server.stdout.on('data', hear)
    server.stderr.on('data', hear)
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}\n${said}`)))
  })
  return {
    url: new URL(link).origin,
    setupLink: link,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
