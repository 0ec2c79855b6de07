import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { maxRoutes, SiteUrl } from '@vigie/domain/agents'
import { errorCode } from './files.ts'
import type { Log } from './log.ts'
import { leafDays, type SiteAuthority } from './site-certificates.ts'

interface ListenerOptions {
  log: Log
  authority: SiteAuthority
  isOn: boolean
  /** Null: every address of this machine. */
  host: string | null
  /** 0: a free one. */
  port: number
  onRequest(req: IncomingMessage, res: ServerResponse): void
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** Where a site server hears its endpoints (AGT-8): the port, with a certificate for the names and addresses that this machine has now. Others than it listen nowhere (R13). */
export class SiteListener {
  readonly #options: ListenerOptions
  #server: Server | null = null
  #hosts: string[] = []
  #issuedMs = 0
  /** Why it does not listen; null: it does, or nobody looked yet. */
  problem: 'switched-off' | 'port-taken' | 'not-allowed' | null = null

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** Null while it does not listen. */
  get port(): number | null {
    return (this.#server?.address() as AddressInfo | null)?.port ?? null
  }
  /** A name or address that its endpoints can use, the port behind it. */
  get urls(): string[] {
    const { port } = this
    if (port === null) return []
    const own =
      this.#options.host === null ? this.#hosts.filter((host) => !['localhost', '127.0.0.1', '::1'].includes(host)) : [this.#options.host]
    return own
      .map((host) => `https://${host.includes(':') ? `[${host}]` : host}:${port}`)
      .filter((url) => SiteUrl.safeParse(url).success)
      .slice(0, 50)
  }

  /** Listens if it does not, with a new certificate where the machine's addresses changed or the present one is half over. */
  async look(): Promise<void> {
    const { isOn, host, log } = this.#options
    if (!isOn) this.problem = 'switched-off'
    else if (this.#server === null) await this.#listen()
    else if (ownHosts(host).join() !== this.#hosts.join() || Date.now() - this.#issuedMs > (leafDays / 2) * 86_400_000) {
      this.#server.setSecureContext(this.#issue())
      log.info('the site server’s certificate was made anew')
    }
  }

  async close(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = null
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  #issue(): { key: string; cert: string } {
    this.#hosts = ownHosts(this.#options.host)
    this.#issuedMs = Date.now()
    return this.#options.authority.issue(this.#hosts, new Date())
  }

  async #listen(): Promise<void> {
    const { host, port, log, onRequest, onUpgrade } = this.#options
    const server = createServer(
      {
        ...this.#issue(),
        minVersion: 'TLSv1.2',
        handshakeTimeout: 10_000,
        requestTimeout: 30_000,
        headersTimeout: 10_000,
        keepAliveTimeout: 15_000,
        maxHeaderSize: 8_192,
      },
      onRequest,
    )
    Object.assign(server, { ALPNProtocols: undefined }) // else 7 KiB more a connection (measured 2026-11-21, Node 24)
    server.maxConnections = maxRoutes + 200
    server.on('upgrade', onUpgrade)
    server.on('tlsClientError', () => {})
    server.on('clientError', (_error, socket) => socket.destroy())
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ port, ...(host === null ? {} : { host }) }, resolve)
      })
      server.on('error', (error) => log.warn('the site server’s listener complains', { cause: String(error) }))
      this.#server = server
      this.problem = null
      log.info('site server listens', { port: this.port })
    } catch (error) {
      this.problem = errorCode(error) === 'EADDRINUSE' ? 'port-taken' : 'not-allowed'
      log.warn('the site server can not listen', { problem: this.problem, port, cause: String(error) })
    }
  }
}

/** Names and addresses that the certificate is for. */
function ownHosts(host: string | null): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ scopeid }) => !scopeid)
    .map(({ address }) => address)
  const name = hostname()
  return [
    ...new Set([
      ...(host === null ? [] : [host]),
      ...addresses,
      ...(/^[A-Za-z0-9.-]{1,253}$/.test(name) ? [name] : []),
      'localhost',
      '127.0.0.1',
      '::1',
    ]),
  ]
}
