import type { Permission } from '@vigie/domain/access'
import { LiveMessage, rememberedMs, type LiveKind } from '@vigie/domain/live'
import { Problem } from '@vigie/domain/kernel'
import * as z from 'zod'
import { standingOfActor, standings } from '../access/index.ts'
import { tenantOf, type Actor, type Services, type Tenant } from '../platform/index.ts'
import { createListener } from './listener.ts'
import { createMemory } from './memory.ts'
import type { Outlet } from './outlet.ts'

/** What travels between processes: a change, or an end of sessions. */
const Notice = z.union([
  z.object({ end: z.object({ sessionId: z.string().optional(), accountId: z.string().optional() }) }),
  z.object({ partnerId: z.uuid(), ...LiveMessage.shape }),
])

export const liveLimits = { perAccount: 12, perProcess: 5_000, gatherMs: 100, checkMs: 3_000, beatMs: 15_000, pingMs: 15_000 } as const
const channel = 'vigie_live'

/** Who may hear that something of this kind changed. Its content is asked for separately, and that is checked again. */
const hearsWith: Readonly<Record<LiveKind, Permission>> = {
  event: 'event.read',
  product: 'product.read',
  endpoint: 'product.read',
  command: 'command.read',
  detection: 'detection.read',
  customer: 'customer.read',
  delivery: 'delivery.read',
  account: 'account.read',
  order: 'order.read',
  alert: 'alert.read',
  maintenance: 'maintenance.read',
}
/** What always belongs to a customer: told to a limited account only with the customer. */
const ofCustomers: ReadonlySet<LiveKind> = new Set(['event', 'product', 'endpoint', 'command', 'detection', 'customer'])

interface Console {
  actor: Actor
  standing: string
  outlet: Outlet
  /** Gathered since the last sending; twice the same is once. */
  pending: Map<string, LiveMessage>
  mustResync: boolean
  /** Its first resync: what it shows is whole but for `pending`. */
  isCovered: boolean
}

export interface LiveHub {
  /** @throws request.rate-limited, server.busy */
  assertRoom(actor: Actor): void
  /** Takes a console in; it hears everything that commits from the `resync` on that it gets first. @param awayMs age of what it shows; null: it asks for everything again */
  open(actor: Actor, outlet: Outlet, awayMs: number | null): void
  /** Here at once, in the other processes as soon as the database has told them (R7). */
  endLive(match: { sessionId?: string; accountId?: string }): void
  close(): Promise<void>
  readonly size: number
}

/** One per process: hears the database, tells the open consoles what concerns them (EVT-8). */
export function createHub(services: Services, times: Partial<Record<keyof typeof liveLimits, number>> = {}): LiveHub {
  const limits = { ...liveLimits, ...times }
  const { database, log, clock } = services
  const consoles = new Set<Console>()
  let gathering: NodeJS.Timeout | undefined
  let checking: Promise<void> | undefined

  const memory = createMemory(rememberedMs)
  const listener = createListener({
    database,
    log,
    channel,
    pingMs: limits.pingMs,
    onMessage: hear,
    onAgain() {
      memory.begin()
      for (const console of consoles) console.isCovered = false
      resync(consoles)
      void check()
    },
  })

  function hear(payload: string) {
    const notice = parse(Notice, payload)
    if (!notice) return log.warn('a live message is not understood', {}) // of a newer version, perhaps (R45)
    if ('end' in notice) return endHere(notice.end)
    const { partnerId, ...message } = notice
    memory.keep(partnerId, message)
    for (const console of consoles) {
      if (console.actor.partnerId !== partnerId || !mayHear(console.actor, message)) continue
      console.pending.set(`${message.kind} ${message.id}`, message)
    }
    gather()
  }
  function gather() {
    gathering ??= setTimeout(() => {
      gathering = undefined
      void flush()
    }, limits.gatherMs)
  }
  function resync(which: Iterable<Console>) {
    for (const console of which) console.mustResync = true
    gather()
  }

  async function flush() {
    const waiting = [...consoles].filter((console) => console.mustResync || console.pending.size > 0)
    await Promise.all(
      Map.groupBy(waiting, ({ actor }) => actor.accountId)
        .values()
        .map(flushAccount),
    )
  }
  /** All consoles of one account see the same: their customers are looked up once. */
  async function flushAccount(of: Console[]) {
    const messages = of.map((console) => {
      const taken = console.mustResync && !console.isCovered ? [] : [...console.pending.values()]
      console.pending.clear()
      return taken
    })
    const visible = await visibleTo(of[0]!.actor, messages.flat())
    for (const [i, console] of of.entries()) {
      const seen = visible && messages[i]!.filter(visible.isSeen)
      const isCovered =
        seen !== null && !(visible!.isAnyGone && messages[i]!.some(visible!.isGone)) && (!console.mustResync || console.isCovered)
      if (console.mustResync || !isCovered) console.outlet.resync(isCovered)
      console.mustResync = false
      console.isCovered = false
      if (isCovered) for (const message of seen) console.outlet.change(message)
    }
  }

  interface Visible {
    isSeen(message: LiveMessage): boolean
    /** A customer that no longer exists: whether it was seen is not known any more, so the console looks for itself. */
    isGone(message: LiveMessage): boolean
    isAnyGone: boolean
  }
  /** What the account's scope shows at this moment, asked of the database, whose rule it is (ACC-14). Null: it could not be asked. */
  async function visibleTo(actor: Actor, messages: readonly LiveMessage[]): Promise<Visible | null> {
    const ids = [...new Set(messages.flatMap(({ customerId }) => customerId ?? []))]
    if (!actor.isScopeLimited || ids.length === 0) return { isSeen: () => true, isGone: () => false, isAnyGone: false }
    const find = (tenant: Tenant) =>
      database.transaction(
        tenant,
        async (db) =>
          new Set((await db.query<{ id: string }>('select id from customer where id = any($1)', [ids])).rows.map(({ id }) => id)),
      )
    try {
      const seen = await find(tenantOf(actor))
      const there = seen.size === ids.length ? seen : await find({ partnerId: actor.partnerId, scope: 'all', principalId: null })
      return {
        isSeen: ({ customerId }) => customerId === null || seen.has(customerId),
        isGone: ({ kind, customerId }) => kind === 'customer' && customerId !== null && !there.has(customerId),
        isAnyGone: there.size < ids.length,
      }
    } catch {
      return null
    }
  }

  function endHere(match: { sessionId?: string | undefined; accountId?: string | undefined }) {
    for (const console of [...consoles]) {
      const { sessionId, accountId } = console.actor
      if (match.sessionId === sessionId || match.accountId === accountId) console.outlet.bye()
    }
  }

  /** R7: a session that ended, ran out or may no longer what it might is let go, whoever ended it and wherever. */
  async function check() {
    checking ??= (async () => {
      for (const [partnerId, of] of Map.groupBy(consoles, ({ actor }) => actor.partnerId)) {
        try {
          const now = await database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
            standings(db, [...new Set(of.map(({ actor }) => actor.sessionId))], clock.now()),
          )
          for (const { actor, standing, outlet } of of) {
            const stands = now.get(actor.sessionId)
            if (stands === undefined) outlet.bye()
            else if (stands !== standing) outlet.end() // comes back as what it is now
          }
        } catch (error) {
          log.debug('live sessions not checked', { error: String(error) })
        }
      }
    })().finally(() => (checking = undefined))
    await checking
  }
  const timers = [
    setInterval(() => void check(), limits.checkMs).unref(),
    setInterval(() => {
      for (const { outlet } of consoles) outlet.beat()
    }, limits.beatMs).unref(),
  ]

  return {
    assertRoom(actor) {
      const ofAccount = [...consoles].filter((console) => console.actor.accountId === actor.accountId).length
      if (ofAccount >= limits.perAccount) throw new Problem('request.rate-limited')
      if (consoles.size >= limits.perProcess) throw new Problem('server.busy')
    },
    open(actor, outlet, awayMs) {
      const console: Console = { actor, standing: standingOfActor(actor), outlet, pending: new Map(), mustResync: false, isCovered: false }
      consoles.add(console)
      outlet.onGone(() => consoles.delete(console))
      outlet.begin()
      const since = awayMs === null ? null : performance.now() - awayMs
      listener.ready().then(
        () => {
          memory.begin(false)
          const missed = since === null ? null : memory.since(since, actor.partnerId)
          for (const message of missed ?? []) if (mayHear(actor, message)) console.pending.set(`${message.kind} ${message.id}`, message)
          console.isCovered = missed !== null
          resync([console])
        },
        () => {},
      ) // refused only when closed
    },
    endLive(match) {
      endHere(match)
      database
        .lookup('select pg_notify($1, $2)', [channel, JSON.stringify({ end: match })])
        .catch((error: unknown) => log.warn('other processes learn of an ended session by their own check', { error: String(error) }))
    },
    async close() {
      timers.forEach(clearInterval)
      clearTimeout(gathering)
      for (const { outlet } of [...consoles]) outlet.end()
      await Promise.all([listener.close(), checking])
    },
    get size() {
      return consoles.size
    },
  }
}

function mayHear(actor: Actor, message: LiveMessage): boolean {
  if (message.kind === 'account' && message.id === actor.accountId) return true
  if (!actor.permissions.has(hearsWith[message.kind])) return false
  return !actor.isScopeLimited || message.customerId !== null || !ofCustomers.has(message.kind)
}

function parse<T>(shape: z.ZodType<T>, text: string): T | null {
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
