import { maxRoutes, UpFrame, ViaUpFrame } from '@vigie/domain/agents'
import { WebSocket } from 'ws'
import { record } from '../audit/index.ts'
import type { Services } from '../platform/index.ts'
import type { Connection, Line } from './connection.ts'
import { byAgent, systemOf } from './enrol.ts'
import type { Presence } from './presence.ts'
import { keepHeld, keepSite } from './store.ts'

/** A person is told of agents that have no business at a site at most so often. */
const tellOfForeignMs = 600_000
const keepSiteMs = 5_000

/** One site server's connection, and the routes it carries (AGT-8). */
interface Carrier {
  connection: Connection
  routes: Map<number, Connection>
  /** Numbers go up and are never used again: a late frame of an ended route reaches nobody else. */
  lastRoute: number
  paused: Set<number>
  toldOfForeignMs: number
  keptSiteMs: number
  /** What it said last that it holds back; null: nothing yet. */
  heldRecords: number | null
  /** What it said of it is stored in the order in which it was said. */
  holding: Promise<void>
}

export interface SitesDeps {
  services: Services
  presence: Presence
  /** A new connection over this line: it is challenged like any other. */
  open(line: Line, address: string, carrier: Connection): Connection
  hear(connection: Connection, frame: UpFrame): void
  /** The line is gone. */
  closed(connection: Connection): void
}

/** What site servers' connections carry: each route is a connection of its own, with a challenge, a hello and acknowledgements of its own (R11, R22). */
export interface Sites {
  /** A frame of the kinds `via...`. The caller has seen that this connection may carry others. False: it is none that a site server says. */
  take(connection: Connection, value: unknown): boolean
  /** The carrier's connection is gone, and all its routes with it. */
  lost(connection: Connection): void
  /** An agent of another product or business was met behind this site server. */
  foreign(connection: Connection): void
}

export const isVia = (value: unknown): boolean => {
  const kind = (value as { kind?: unknown } | null)?.kind
  return typeof kind === 'string' && kind.startsWith('via')
}

export function createSites({ services, presence, open, hear, closed }: SitesDeps): Sites {
  const { database, clock, log, vault } = services
  const carriers = new Map<Connection, Carrier>()

  function carrierOf(connection: Connection): Carrier {
    let carrier = carriers.get(connection)
    if (!carrier)
      carriers.set(
        connection,
        (carrier = {
          connection,
          routes: new Map(),
          lastRoute: 0,
          paused: new Set(),
          toldOfForeignMs: -Infinity,
          keptSiteMs: -Infinity,
          heldRecords: null,
          holding: Promise.resolve(),
        }),
      )
    return carrier
  }

  function drop(carrier: Carrier, route: number): void {
    const connection = carrier.routes.get(route)
    carrier.routes.delete(route)
    release(carrier, route)
    if (connection) closed(connection)
  }

  /** The carrier is read again once no route of it is held back. */
  function release(carrier: Carrier, route: number): void {
    if (carrier.paused.delete(route) && carrier.paused.size === 0) carrier.connection.resume()
  }

  /** A route as a line of its own. What is held back on one holds back the site server: its socket is the only one there is. */
  function lineOf(carrier: Carrier, route: number): Line & { end(): void } {
    const { socket } = carrier.connection
    const listeners: (() => void)[] = []
    let isOpen = true
    const say = (text: string) => {
      if (isOpen && socket.readyState === WebSocket.OPEN) socket.send(text)
    }
    /** @param isTold the site server knows already */
    const end = (isTold: boolean) => {
      if (!isOpen) return
      if (!isTold) say(`{"kind":"via-end","route":${route}}`)
      isOpen = false
      drop(carrier, route)
      for (const listener of listeners.splice(0)) listener()
    }
    return {
      get readyState() {
        return isOpen && socket.readyState === WebSocket.OPEN ? WebSocket.OPEN : WebSocket.CLOSED
      },
      send: (text) => say(`{"kind":"via","route":${route},"frame":${text}}`),
      close: () => end(false),
      terminate: () => end(false),
      end: () => end(true),
      ping: () => say(`{"kind":"via-ask","route":${route}}`),
      pause() {
        if (!isOpen) return
        carrier.paused.add(route)
        carrier.connection.pause()
      },
      resume: () => release(carrier, route),
      once: (_event, listener) => void listeners.push(listener),
    }
  }

  function openRoute(carrier: Carrier, route: number, address: string): void {
    const { connection } = carrier
    if (route <= carrier.lastRoute) {
      log.warn('a site server used a route number again', { agentId: connection.agentId, route })
      return connection.refuse('agent.frame-invalid')
    }
    carrier.lastRoute = route
    if (carrier.routes.size >= maxRoutes) return void connection.socket.send(`{"kind":"via-end","route":${route}}`)
    // tries are counted by whoever made them: one machine of a site must not shut out the others
    const line = lineOf(carrier, route)
    carrier.routes.set(route, open(line, `${connection.address} via ${address}`.slice(0, 100), connection))
  }

  async function keep(carrier: Carrier, site: { urls: string[]; caFingerprint: string; problem: string | null }): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - carrier.keptSiteMs < keepSiteMs) return
    carrier.keptSiteMs = nowMs
    const { partnerId, productId, customerId, agentId } = carrier.connection
    await database.transaction(systemOf(partnerId), async (db) => {
      if (await keepSite(db, { productId, customerId, agentId, ...site, at: clock.now() }))
        db.announce({ kind: 'product', id: productId, customerId })
    })
  }

  /** Only what is new: nothing held, as nearly always, is said with every beat and written once. */
  function noteHeld(carrier: Carrier, held: { records: number; bytes: number; oldestMs: number } | null): void {
    const records = held?.records ?? 0
    if (records === 0 && carrier.heldRecords === 0) return
    carrier.heldRecords = records
    const { partnerId, productId, customerId, agentId } = carrier.connection
    const at = clock.now()
    carrier.holding = carrier.holding
      .then(() =>
        database.transaction(systemOf(partnerId), async (db) => {
          if (await keepHeld(db, { productId, agentId, held, at })) db.announce({ kind: 'product', id: productId, customerId })
        }),
      )
      .catch((error: unknown) => log.warn('what a site server holds back could not be stored', { error: String(error) }))
  }

  return {
    take(connection, value) {
      const parsed = ViaUpFrame.safeParse(value)
      if (!parsed.success) return false
      const frame = parsed.data
      const carrier = carrierOf(connection)
      switch (frame.kind) {
        case 'via-open':
          openRoute(carrier, frame.route, frame.address)
          return true
        case 'via': {
          const inner = carrier.routes.get(frame.route)
          // of a route that ended on our side meanwhile: nobody's
          if (!inner || inner.isEnding) return true
          inner.heardMs = performance.now()
          const said = UpFrame.safeParse(frame.frame)
          if (said.success) hear(inner, said.data)
          else inner.refuse('agent.frame-invalid')
          return true
        }
        case 'via-end': {
          const inner = carrier.routes.get(frame.route)
          if (inner) (inner.socket as ReturnType<typeof lineOf>).end()
          return true
        }
        case 'via-beats': {
          const nowMs = performance.now()
          for (const route of frame.routes) {
            const inner = carrier.routes.get(route)
            if (!inner) continue
            inner.heardMs = nowMs
            if (inner.identity) presence.beat(inner)
          }
          if (frame.held) noteHeld(carrier, frame.held)
          return true
        }
        case 'via-alive': {
          const inner = carrier.routes.get(frame.route)
          if (inner) inner.heardMs = performance.now()
          inner?.onPong?.()
          return true
        }
        case 'via-site':
          void keep(carrier, frame).catch((error: unknown) =>
            log.warn('where a site server listens could not be stored', { error: String(error) }),
          )
          return true
      }
    },
    lost(connection) {
      const carrier = carriers.get(connection)
      if (!carrier) return
      carriers.delete(connection)
      if (carrier.heldRecords !== null) noteHeld(carrier, null)
      for (const inner of [...carrier.routes.values()]) (inner.socket as ReturnType<typeof lineOf>).end()
    },
    foreign(connection) {
      const carrier = carrierOf(connection)
      const nowMs = performance.now()
      if (nowMs - carrier.toldOfForeignMs < tellOfForeignMs) return
      carrier.toldOfForeignMs = nowMs
      const { partnerId, customerId, agentId, hostname, address } = connection
      // whose agent it was is not this business's to know
      database
        .transaction(systemOf(partnerId), (db) =>
          record(db, vault, clock.now(), byAgent(agentId, { hostname }, address), {
            activity: 'agent.foreign-at-site',
            object: { kind: 'agent', id: agentId, name: hostname },
            customerId,
          }),
        )
        .catch((error: unknown) => log.warn('a foreign agent at a site could not be recorded', { error: String(error) }))
    },
  }
}
