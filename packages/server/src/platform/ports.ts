import net from 'node:net'
import type { Config } from './config.ts'
import { listenError } from './start-error.ts'

/**
 * Asks for both ports and gives them back at once: a busy port is told before a data folder or a database is made. Another program may still take one in between; then
 * `listen` itself says so.
 * @throws StartError `port-busy`, `port-forbidden`, `bad-setting`
 */
export async function assertPortsFree(config: Pick<Config, 'host' | 'port' | 'agentHost' | 'agentPort' | 'roles'>): Promise<void> {
  await assertFree('console', config.host, config.port)
  if (config.roles.includes('agents')) await assertFree('agents', config.agentHost, config.agentPort)
}

async function assertFree(what: 'console' | 'agents', host: string | null, port: number): Promise<void> {
  if (port === 0) return
  const server = net.createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, what, host, port)))
    server.listen({ port, ...(host === null ? {} : { host }), exclusive: true }, () => server.close(() => resolve()))
  })
}
