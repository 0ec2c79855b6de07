import { channelLimits, helloText, type Carrier, type UpFrame, type WelcomeFrame } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import type { AgentState } from '@vigie/domain/products'
import { causeOf } from '@vigie/domain/agents'
import type * as z from 'zod'
import { record } from '../audit/index.ts'
import { takeWaiting } from '../commands/index.ts'
import { markClass, type Services, type TenantDb } from '../platform/index.ts'
import { byAgent, cleanMachine, cleanText, systemOf } from './enrol.ts'
import { takeBack } from './going.ts'
import { isSignedBy } from './keys.ts'
import { judge, type Holder } from './lives.ts'
import { markCloneSeen } from './registration.ts'
import { noteTurn } from './turns.ts'
import { isSiteServer } from './site-role.ts'
import { connect, lockAgent, setState, showProductState, touch, type AgentRow } from './store.ts'

export type Hello = Extract<UpFrame, { kind: 'hello' }>

export interface Greeting {
  services: Services
  hello: Hello
  nonce: string
  connectionId: string
  /** Of this process's advisory lock. */
  processMark: number
  partnerId: string
  address: string
  /** The site server that carries it; null: it came by itself (AGT-8). */
  carrier: { agentId: string; productId: string } | null
  by: Carrier
  /** Tells of clones at most so often. */
  auditCloneEveryMs?: number
}

/** A product that was heard a moment ago need not be written again: its site's endpoints all say hello to the same row. */
const touchAgainMs = 5_000

/** How a hello was taken. */
export type Taken =
  | {
      kind: 'welcome'
      agent: AgentRow
      welcome: z.infer<typeof WelcomeFrame>
      commands: Awaited<ReturnType<typeof takeWaiting>>
      evicted: { connectionId: string; isClone: boolean } | null
    }
  /** Another connection speaks for this agent: see whether it answers, then ask again. */
  | { kind: 'contested'; holderId: string; heldBy: number }
  | { kind: 'is-clone' }

/**
 * One hello against what the store knows, in one transaction: two processes that hear two copies agree. Signature first, all else after (R9).
 * @param holder what asking the present connection showed; `connectionId`: which was asked
 * @throws agent.unregistered, agent.signature-wrong, agent.not-of-this-site (it came through a site server that is not its own, R11)
 */
export async function takeHello(greeting: Greeting, asked: { connectionId: string; answers: boolean } | null): Promise<Taken> {
  const { services, partnerId } = greeting
  return await services.database.transaction(systemOf(partnerId), (db) => take(db, greeting, asked))
}

async function take(db: TenantDb, greeting: Greeting, asked: { connectionId: string; answers: boolean } | null): Promise<Taken> {
  const { services, hello, nonce } = greeting
  const now = services.clock.now()
  const agent = await lockAgent(db, hello.agentId, markClass)
  if (!agent || (agent.switch === 'unregistered' && agent.cause !== 'moved')) throw new Problem('agent.unregistered')
  if (!isSignedBy(agent.publicKey, helloText(nonce, hello.agentId, hello.counter, hello.epoch), hello.signature))
    throw new Problem('agent.signature-wrong')
  if (agent.switch === 'unregistered') {
    if (!(await takeBack(db, agent.id, now))) throw new Problem('agent.unregistered')
    agent.switch = 'enabled'
    agent.cause = null
  }
  if (greeting.carrier && (greeting.carrier.productId !== agent.productId || greeting.carrier.agentId === agent.id))
    throw new Problem('agent.not-of-this-site')

  const holder: Holder =
    agent.connectionId === null || !agent.isHeld
      ? 'absent'
      : asked?.connectionId !== agent.connectionId
        ? 'not-asked'
        : asked.answers
          ? 'answers'
          : 'silent'
  const machine = cleanMachine(hello.machine)
  const verdict = judge(agent, { counter: hello.counter, fingerprint: machine.fingerprint }, holder)
  if (verdict === 'ask') return { kind: 'contested', holderId: agent.connectionId!, heldBy: agent.heldBy! }
  if (verdict === 'is-clone' || verdict === 'holder-is-clone') await noteClone(db, greeting, agent, now)
  if (verdict === 'is-clone') return { kind: 'is-clone' }

  const isMoved = machine.fingerprint !== agent.fingerprint
  const goesOn = verdict === 'accept' && agent.epoch === hello.epoch
  const lastSeq = goesOn ? agent.lastSeq : 0
  const clockOffsetMs = clampOffset(now.getTime() - Date.parse(hello.at))
  const { state, cause: seen } = stateOf(agent, clockOffsetMs)
  const isTakingTurns = await noteTurn(db, greeting, agent, verdict, now)
  const cause = seen ?? (state === 'online' && isTakingTurns ? 'possible-clone' : null)
  const formerNames = isMoved ? namesBefore(agent, machine.fingerprint) : agent.formerNames
  await connect(db, agent.id, {
    connectionId: greeting.connectionId,
    heldBy: greeting.processMark,
    counter: hello.counter,
    epoch: hello.epoch,
    lastSeq,
    machine,
    previousFingerprint: verdict === 'holder-is-clone' ? null : isMoved ? agent.fingerprint : agent.previousFingerprint,
    formerNames,
    viaAgentId: greeting.carrier?.agentId ?? null,
    by: greeting.by,
    pollingReason: greeting.by === 'polling' ? (hello.pollingReason ?? null) : null,
    agentVersion: cleanText(hello.agentVersion),
    protocol: hello.protocol,
    clockOffsetMs,
    state,
    cause,
    at: now,
  })
  // the product before its assessment: the order in which all who need both take them (a site's endpoints come back by hundreds at once)
  await touch(db, [agent.productId], [agent.customerId], now, touchAgainMs)
  if (state !== agent.state || cause !== agent.cause) await showProductState(db, agent)
  const commands = agent.switch === 'enabled' ? await takeWaiting(db, agent.id, true, now) : []
  const welcome = {
    kind: 'welcome' as const,
    ackedSeq: lastSeq,
    state: agent.switch === 'disabled' ? ('disabled' as const) : ('enabled' as const),
    serverTime: now.toISOString(),
    clockOffsetMs,
    isSiteServer: isSiteServer(agent),
  }
  const evicted =
    agent.connectionId !== null && agent.isHeld ? { connectionId: agent.connectionId, isClone: verdict === 'holder-is-clone' } : null
  return {
    kind: 'welcome',
    agent: { ...agent, hostname: machine.hostname, fingerprint: machine.fingerprint, formerNames, lastSeq },
    welcome,
    commands,
    evicted,
  }
}

/** The newest 20; a name it has again is no former one. */
const namesBefore = (agent: AgentRow, present: string): string[] =>
  [...new Set([agent.fingerprint, ...agent.formerNames])].filter((name) => name !== present).slice(0, 20)

/** An integer of PostgreSQL: a clock off by more than 24 days is off by 24 days. */
export const clampOffset = (ms: number): number => Math.max(-2_147_483_000, Math.min(2_147_483_000, Math.round(ms)))
export const isClockOff = (offsetMs: number): boolean => Math.abs(offsetMs) > channelLimits.clockWarnMs

function stateOf(agent: AgentRow, clockOffsetMs: number): { state: AgentState; cause: string | null } {
  if (agent.switch === 'disabled') return { state: 'disabled', cause: null }
  const engine = causeOf(agent.engineProblem)
  if (engine !== null) return { state: 'plug-in-error', cause: engine }
  return { state: 'online', cause: isClockOff(clockOffsetMs) ? 'clock-off' : null }
}

/** Both are shown: the copy, once it has an identity of its own; until then its original says so (R10). */
async function noteClone(
  db: TenantDb,
  { services, hello, address, auditCloneEveryMs = 600_000 }: Greeting,
  agent: AgentRow,
  now: Date,
): Promise<void> {
  const isNews = agent.cloneSeenAt === null || agent.cloneSeenAt.getTime() < now.getTime() - auditCloneEveryMs
  await markCloneSeen(db, agent.id, now)
  if (agent.state === 'online') await setState(db, agent, 'online', 'is-clone')
  if (!isNews) return
  await record(db, services.vault, now, byAgent(agent.id, hello.machine, address), {
    activity: 'agent.clone-found',
    object: { kind: 'agent', id: agent.id, name: agent.hostname },
    customerId: agent.customerId,
    after: { copy: cleanMachine(hello.machine), counter: hello.counter, knownCounter: agent.counter },
  })
}
