import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createIngest } from '../ingest/index.ts'
import type { Services } from '../platform/index.ts'
import { openAuthority, ownHosts, renewAfterMs } from './authority.ts'
import { answer, type AgentPages } from './https.ts'
import { createHub, hubTiming, type HubTiming } from './hub.ts'
import { createPackages, type Packages } from './packages.ts'
import { createPresence, presenceTiming, type PresenceTiming } from './presence.ts'

export interface AgentSideOptions {
  services: Services
  /** 0: a free one. */
  port: number
  /** Null: every address of this machine. */
  host: string | null
  timing?: Partial<HubTiming & PresenceTiming>
  packages?: Packages
}

export interface AgentSide {
  port: number
  caFingerprint: string
  /** PEM. */
  caCertificate: string
  /** Connections held now. */
  readonly connections: number
  readonly waitingRows: number
  /** Stores the signs of life and looks for silent agents now. */
  look(): Promise<void>
  /** Takes nothing more, stores what came, says goodbye (R44). */
  close(): Promise<void>
}

/** The side agents speak to: HTTPS with our own authority, and the channel (architecture.md §4). Sets `services.caFingerprint`. */
export async function startAgentSide({
  services,
  port,
  host,
  timing = {},
  packages = createPackages(),
}: AgentSideOptions): Promise<AgentSide> {
  const { database, vault, clock, log } = services
  const authority = await openAuthority(database, vault, clock)
  Object.assign(services, { caFingerprint: authority.fingerprint, caCertificate: authority.certificate })
  const hosts = () => ownHosts(services.agentUrl)
  const ingest = createIngest(services)
  const presence = createPresence(services, { ...presenceTiming, ...timing })
  const hub = await createHub(services, ingest, presence, { ...hubTiming, ...timing })
  const pages: AgentPages = { services, caCertificate: authority.certificate, packages, polls: hub.polls }

  const server = createServer(
    {
      ...(await authority.issue(hosts(), clock.now())),
      minVersion: 'TLSv1.2',
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 15_000,
      maxHeaderSize: 8_192,
    },
    (request, response) => void answer(pages, request, response),
  )
  // Node copies the server's ALPN list into every connection, as a slice that keeps a shared buffer alive: 7 KiB each (measured 2026-11-21, Node 24). HTTP/1.1 alone
  // needs no negotiation.
  Object.assign(server, { ALPNProtocols: undefined })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', ignore)
    if (request.url !== '/agent/v1/channel')
      return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    hub.upgrade(request, socket, head, request.socket.remoteAddress ?? '')
  })
  server.on('tlsClientError', ignore)
  server.on('clientError', (_error, socket) => socket.destroy())
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, ...(host === null ? {} : { host }) }, resolve)
    })
  } catch (error) {
    await hub.close()
    throw error
  }

  let issuedAt = clock.now().getTime()
  const renewing = setInterval(() => {
    if (clock.now().getTime() - issuedAt < renewAfterMs) return
    authority.issue(hosts(), clock.now()).then(
      (fresh) => {
        server.setSecureContext(fresh)
        issuedAt = clock.now().getTime()
      },
      (error: unknown) => log.error('the certificate of the agent side could not be renewed', { error: String(error) }),
    )
  }, 3_600_000).unref()

  return {
    port: (server.address() as AddressInfo).port,
    caFingerprint: authority.fingerprint,
    caCertificate: authority.certificate,
    get connections() {
      return hub.size
    },
    get waitingRows() {
      return ingest.waitingRows
    },
    async look() {
      await presence.flush()
      await presence.sweep()
    },
    async close() {
      clearInterval(renewing)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await hub.close()
      server.closeIdleConnections()
      const gone = setTimeout(() => server.closeAllConnections(), 2_000)
      await closed
      clearTimeout(gone)
    },
  }
}

/** For a process that hears no agents, but tells people how to connect one. */
export async function showAuthority(services: Services): Promise<void> {
  const { fingerprint, certificate } = await openAuthority(services.database, services.vault, services.clock)
  Object.assign(services, { caFingerprint: fingerprint, caCertificate: certificate })
}

function ignore(): void {}
