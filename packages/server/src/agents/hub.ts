import { randomBytes, randomInt } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { channelLimits, protocolVersion, UpFrame, type Carrier } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { WebSocket, WebSocketServer } from 'ws'
import { takeWaiting } from '../commands/index.ts'
import type { Ingest } from '../ingest/index.ts'
import { isAway, markClass, newId, type Services } from '../platform/index.ts'
import { answers, closeCodes, Connection, type Line } from './connection.ts'
import { assertProtocol, systemOf } from './enrol.ts'
import { storeGoodbye } from './goodbye.ts'
import { createHanding } from './handing.ts'
import { createPolls, pollTiming, type Polls, type PollTiming } from './polls.ts'
import { clampOffset, isClockOff, takeHello, type Greeting, type Hello, type Taken } from './hello.ts'
import { createNotices } from './notices.ts'
import type { Presence } from './presence.ts'
import { createSites, isVia } from './sites.ts'
import { lockAgent, setState } from './store.ts'
import { assertMayTry, countWrongTry } from './wrong-tries.ts'

export interface HubTiming extends PollTiming {
  /** A connection says hello within this time. */
  helloMs: number
  /** A connection that is asked answers within this time. */
  answerMs: number
  sweepMs: number
  silentAfterMs: number
}
export const hubTiming: HubTiming = {
  helloMs: 15_000,
  answerMs: 3_000,
  sweepMs: 5_000,
  silentAfterMs: channelLimits.silentAfterMs,
  ...pollTiming,
}

/** The agents' connections of this process. */
export interface Hub {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, address: string): void
  /** The same connections by long polling. */
  readonly polls: Polls
  readonly size: number
  /** Says "going away" to all, stores what came, closes. */
  close(): Promise<void>
}

export async function createHub(services: Services, ingest: Ingest, presence: Presence, timing: HubTiming = hubTiming): Promise<Hub> {
  const { database, clock, log } = services
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: channelLimits.frameBytes,
    clientTracking: false,
    skipUTF8Validation: false,
  })
  const connections = new Map<string, Connection>()
  const byAgent = new Map<string, Connection>()
  const of = new WeakMap<WebSocket, Connection>()
  /** Agents whose hello is being taken, and whether something was told for them meanwhile. */
  const greeted = new Map<string, { number: number; isWoken: boolean }>()
  const sites = createSites({ services, presence, hear, closed, open: (line, address, carrier) => challenge(line, address, carrier) })
  const polls = createPolls({
    open: (line, address) => challenge(line, address, null, 'polling'),
    onFrame,
    onBeat: (connection, at) => hear(connection, { kind: 'beat', at }),
    closed: gone,
    timing,
  })
  const processMark = randomInt(1, 2 ** 31 - 1)
  let isClosing = false

  // ---- frames ----------------------------------------------------------------------------------------------

  function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
    const connection = of.get(this)
    if (!connection || connection.isEnding) return
    connection.heardMs = performance.now()
    onFrame(connection, isBinary ? null : parse(data))
  }

  /** By whatever carries it. */
  function onFrame(connection: Connection, value: unknown): void {
    if (isVia(value)) {
      if (connection.identity?.isSiteServer !== true || !sites.take(connection, value)) connection.refuse('agent.frame-invalid')
      return
    }
    const frame = UpFrame.safeParse(value)
    if (!frame.success) return connection.refuse('agent.frame-invalid')
    hear(connection, frame.data)
  }

  function hear(connection: Connection, frame: UpFrame): void {
    if (frame.kind === 'hello') return void greet(connection, frame)
    if (connection.identity === null) return connection.refuse('agent.frame-invalid')
    switch (frame.kind) {
      case 'batch':
        return ingest.accept(connection, frame.epoch, frame.firstSeq, frame.items)
      case 'beat':
        measure(connection, frame.at)
        return presence.beat(connection)
      case 'bye':
        return void farewell(connection, frame.reason)
    }
  }

  function parse(data: Buffer): unknown {
    try {
      return JSON.parse(data.toString())
    } catch {
      return null
    }
  }

  function onClose(this: WebSocket): void {
    const connection = of.get(this)
    if (connection) gone(connection)
  }

  function gone(connection: Connection): void {
    closed(connection)
    sites.lost(connection)
  }

  function closed(connection: Connection): void {
    connections.delete(connection.connectionId)
    connection.onPong = null
    if (connection.identity === null) return
    if (byAgent.get(connection.agentId) === connection) byAgent.delete(connection.agentId)
    presence.lost(connection)
  }

  function onPong(this: WebSocket): void {
    const connection = of.get(this)
    if (!connection) return
    connection.heardMs = performance.now()
    connection.onPong?.()
  }

  // ---- hello and goodbye -----------------------------------------------------------------------------------

  async function greet(connection: Connection, hello: Hello): Promise<void> {
    const { nonce, address } = connection
    connection.nonce = ''
    if (nonce === '' || connection.identity !== null) return connection.refuse('agent.frame-invalid')
    const attempt = { address, name: hello.agentId }
    const carrier = connection.carrier?.identity ?? null
    const waiting = greeted.get(hello.agentId) ?? { number: 0, isWoken: false }
    waiting.number++
    greeted.set(hello.agentId, waiting)
    try {
      await assertMayTry(database, attempt, clock.now())
      const [found] = await database.lookup<{ partner_id: string }>('select partner_id from vigie.find_agent($1)', [hello.agentId])
      if (!found) {
        connection.refuse('agent.unregistered')
        return await countWrongTry(database, attempt, clock.now())
      }
      const greeting: Greeting = {
        services,
        hello,
        nonce,
        connectionId: connection.connectionId,
        processMark,
        partnerId: found.partner_id,
        address,
        carrier,
        by: connection.by,
      }
      assertProtocol(hello.protocol)
      welcome(connection, greeting, await settle(connection, greeting))
      // told between the look into the store and our taking it on: nobody heard
      if (waiting.isWoken && byAgent.get(hello.agentId) === connection) lookAgain(connection)
    } catch (error) {
      if (!(error instanceof Problem)) {
        if (!isAway(error))
          log.error('a hello could not be taken', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
        return connection.refuse('server.busy')
      }
      connection.refuse(error.code)
      if (error.code === 'agent.not-of-this-site' && connection.carrier) sites.foreign(connection.carrier)
      if (error.code === 'agent.signature-wrong') await countWrongTry(database, attempt, clock.now()).catch(() => {})
    } finally {
      if (--waiting.number === 0) greeted.delete(hello.agentId)
    }
  }

  /** Asks a contested agent's other connection, at most twice: it may change hands meanwhile. */
  async function settle(connection: Connection, greeting: Greeting): Promise<Taken | null> {
    let asked: { connectionId: string; answers: boolean } | null = null
    for (let round = 0; round < 3; round++) {
      if (!connection.isOpen) return null
      const taken = await takeHello(greeting, asked)
      if (taken.kind !== 'contested') return taken
      // both must answer: a hello that arrived late on a connection its agent gave up long ago is no clone
      const [holderAnswers, selfAnswers] = await Promise.all([
        notices.ask(taken.holderId, taken.heldBy),
        answers(connection, timing.answerMs),
      ])
      if (!selfAnswers) return null
      asked = { connectionId: taken.holderId, answers: holderAnswers }
    }
    throw new Problem('server.busy')
  }

  function welcome(connection: Connection, { hello, partnerId }: Greeting, taken: Taken | null): void {
    if (taken === null || taken.kind === 'contested') return connection.end(closeCodes.superseded)
    if (taken.kind === 'is-clone') return connection.refuse('agent.is-clone')
    const { agent } = taken
    if (taken.evicted) notices.evict(taken.evicted.connectionId, taken.evicted.isClone ? 'agent.is-clone' : null)
    connection.identity = {
      partnerId,
      customerId: agent.customerId,
      productId: agent.productId,
      typeId: agent.typeId,
      agentId: agent.id,
      hostname: agent.hostname,
      fingerprint: agent.fingerprint,
      endpointPrefix: agent.endpointPrefix,
      formerNames: agent.formerNames,
      isSiteServer: taken.welcome.isSiteServer === true,
      epoch: hello.epoch,
    }
    connection.clockOffsetMs = taken.welcome.clockOffsetMs
    if (!connection.isOpen) return presence.lost(connection)
    byAgent.set(agent.id, connection)
    connection.send(taken.welcome)
    for (const frame of taken.commands) connection.send(frame)
  }

  /** What a clock says now; across the line where it counts as off, the agent shows it (R23). */
  function measure(connection: Connection, at: string): void {
    const before = connection.clockOffsetMs
    connection.clockOffsetMs = clampOffset(clock.now().getTime() - Date.parse(at))
    if (isClockOff(before) !== isClockOff(connection.clockOffsetMs)) void showClock(connection).catch(() => {})
  }

  async function showClock(connection: Connection): Promise<void> {
    await database.transaction(systemOf(connection.partnerId), async (db) => {
      const agent = await lockAgent(db, connection.agentId, markClass)
      const isShown = agent?.state === 'online' && (agent.cause === null || agent.cause === 'clock-off')
      if (agent && isShown) await setState(db, agent, 'online', isClockOff(connection.clockOffsetMs) ? 'clock-off' : null)
    })
  }

  /** Once all it sent before is stored. */
  async function farewell(connection: Connection, reason: 'stopped' | 'disabled' | 'uninstalled' | 'upgrading'): Promise<void> {
    try {
      await ingest.drained(connection)
      await storeGoodbye(services, connection, reason)
    } catch (error) {
      log.warn('a goodbye could not be stored', { error: String(error) })
    }
    connection.end(1000)
  }

  // ---- what waits for them ---------------------------------------------------------------------------------

  const lookAgain = createHanding(services, look)

  /** Something waits for an agent we hold. */
  async function look(connection: Connection): Promise<void> {
    const now = clock.now()
    const work = await database.transaction(systemOf(connection.partnerId), async (db) => {
      const agent = await lockAgent(db, connection.agentId, markClass)
      if (!agent || agent.switch === 'unregistered') return { switch: 'unregistered' as const, commands: [] }
      if (agent.connectionId !== connection.connectionId) return null
      if (agent.switch === 'disabled') {
        await setState(db, agent, 'disabled', null)
        return { switch: agent.switch, commands: [] }
      }
      if (agent.state === 'disabled') await setState(db, agent, 'online', null)
      return { switch: agent.switch, commands: await takeWaiting(db, agent.id, false, now) }
    })
    if (work === null) return connection.superseded()
    if (work.switch === 'unregistered') return connection.refuse('agent.unregistered')
    if (work.switch === 'disabled') return connection.send({ kind: 'switch', state: 'disabled' })
    for (const frame of work.commands) connection.send(frame)
  }

  const notices = await createNotices(services, {
    connections,
    processMark,
    answerMs: timing.answerMs,
    onWake(agentId) {
      const beingGreeted = greeted.get(agentId)
      if (beingGreeted) beingGreeted.isWoken = true
      const connection = byAgent.get(agentId)
      if (connection) lookAgain(connection)
    },
    onHearingAgain() {
      for (const connection of byAgent.values()) void look(connection).catch(() => {})
    },
  })

  // ---- life ------------------------------------------------------------------------------------------------

  /** One timer for all: who never said hello, and who fell silent. */
  const sweeping = setInterval(() => {
    const now = performance.now()
    for (const connection of connections.values()) {
      const limit = connection.identity === null ? connection.openedMs + timing.helloMs : connection.heardMs + timing.silentAfterMs
      if (now > limit) connection.socket.terminate()
    }
  }, timing.sweepMs)

  function onConnection(socket: WebSocket, address: string): void {
    of.set(socket, challenge(socket, address, null))
    socket.on('message', onMessage)
    socket.on('close', onClose)
    socket.on('pong', onPong)
    socket.on('error', ignore) // 'close' follows
  }

  function challenge(line: Line, address: string, carrier: Connection | null, by: Carrier = 'websocket'): Connection {
    const nonce = randomBytes(32).toString('base64url')
    const connection = new Connection(line, newId(), address, nonce, performance.now(), carrier, by)
    connections.set(connection.connectionId, connection)
    connection.send({ kind: 'challenge', nonce, serverTime: clock.now().toISOString(), protocol: protocolVersion })
    return connection
  }

  return {
    polls,
    upgrade(request, socket, head, address) {
      if (isClosing) return void socket.destroy()
      sockets.handleUpgrade(request, socket, head, (opened) => onConnection(opened, address))
    },
    get size() {
      return connections.size
    },
    async close() {
      isClosing = true
      clearInterval(sweeping)
      for (const connection of connections.values()) connection.socket.pause()
      await ingest.close()
      // all are listened to before the first ends: a site server takes those it carries with it
      const closed = [...connections.values()].map(
        (connection) => new Promise<void>((resolve) => connection.socket.once('close', () => resolve())),
      )
      for (const connection of [...connections.values()]) connection.end(closeCodes.going)
      const given = setTimeout(() => {
        for (const connection of connections.values()) connection.socket.terminate()
      }, 2_000)
      await Promise.all(closed)
      clearTimeout(given)
      polls.close()
      await presence.close()
      await notices.close()
    },
  }
}

function ignore(): void {}
