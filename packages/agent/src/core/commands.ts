import * as z from 'zod'
import { canonicalJson, CommandFrame, CommandOrder, commandParams, commandPrefix, type Item, type OutcomeItem } from '@vigie/domain/agents'
import { CommandFailure, OutcomeLater, type EngineCommand, type EngineReport, type Evidence } from './engine.ts'
import type { Counters } from './counters.ts'
import { isSignedBy, type Identity } from './identity.ts'
import type { Log } from './log.ts'
import type { Queue } from './queue.ts'
import { pause, type ServerClock } from './time.ts'

/** A newer server may know more types: those are refused by name, not by a frame that can't be read (R19). Signed fields we don't know stay signed. */
const Order = CommandOrder.extend({ type: z.string().max(40) })
type Order = z.infer<typeof Order>
const Frame = CommandFrame.extend({ order: z.record(z.string().max(60), z.unknown()) })

/** R14: no order lives longer. */
const longestLifeMs = 24 * 3_600_000
/** Several server processes need not agree to the millisecond on when "now" is. */
const notBeforeToleranceMs = 60_000
const lastKey = 'command.last'
const runningKey = (commandId: string) => `command:${commandId}`

export type Refusal = 'not-an-order' | 'other-agent' | 'signature-wrong' | 'number-old' | 'not-yet-valid' | 'life-too-long'

export interface CommandsDeps {
  queue: Queue
  counters: () => Counters
  clock: ServerClock
  log: Log
  identity: () => Identity
  /** Null: nothing here takes this type; `reason` says why. */
  find: (type: string) => { command: EngineCommand } | { reason: string }
  /** Looks at the engine now. */
  engineState: () => Promise<EngineReport | null>
  /** Commands that outlive the process: not cut short by a start, told by `settle`. */
  isUnderWay?: (commandId: string) => boolean
  confirmEveryMs?: number
}

/**
 * Takes orders: each at most once, whatever is delivered how often and whenever the process dies (R14, R15). Its number and "running" are one record on disk
 * before anything is done; if that record is found at a start, the outcome is honestly "the agent was restarted".
 */
export class Commands {
  readonly #deps: CommandsDeps
  readonly #stop = new AbortController()
  readonly #running = new Map<string, Promise<void>>()
  #turn: Promise<unknown> = Promise.resolve()
  refusals = 0

  constructor(deps: CommandsDeps) {
    this.#deps = deps
  }

  /** Tells what became of the commands that a former life of this process was running. */
  async recover(): Promise<void> {
    const { queue, log } = this.#deps
    for (const [key] of queue.entries('command:')) {
      const commandId = key.slice('command:'.length)
      if (this.#deps.isUnderWay?.(commandId)) continue
      log.warn('a command was cut short', { commandId })
      await queue.append([this.#outcome(commandId, 'failed', { reason: 'agent-restarted' })], { [key]: null })
    }
  }

  /** Tells how a command ended that outlived the process that took it. Once, however often it is called. */
  async settle(commandId: string, step: 'succeeded' | 'failed', evidence: Evidence): Promise<void> {
    const { queue } = this.#deps
    if (queue.get(runningKey(commandId)) !== undefined)
      await queue.append([this.#outcome(commandId, step, evidence)], { [runningKey(commandId)]: null })
  }

  /** Resolves when the order was taken or refused; it then runs by itself. */
  take(frame: unknown): Promise<Refusal | 'taken'> {
    const turn = this.#turn.catch(() => {}).then(() => this.#take(frame))
    this.#turn = turn
    return turn
  }

  /** Aborts what runs and waits until its outcome is on disk. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#turn.catch(() => {})
    await Promise.all(this.#running.values())
  }

  async idle(): Promise<void> {
    await this.#turn.catch(() => {})
    await Promise.all(this.#running.values())
  }

  async #take(frame: unknown): Promise<Refusal | 'taken'> {
    const { queue, counters, identity, log } = this.#deps
    const checked = this.#check(frame)
    if (typeof checked === 'string') {
      this.refusals++
      log.warn('command refused', { reason: checked })
      return checked
    }
    const { order, isExpired } = checked
    const { commandId, number, type } = order
    const found = isExpired ? { reason: 'expired' } : this.#find(order)
    const reason = 'reason' in found ? found.reason : found.command.unavailable()
    const state = { [lastKey]: { agentId: identity().agentId, number } }
    if (isExpired) await queue.append([this.#outcome(commandId, 'expired', { reason: 'expired' })], state)
    else if (reason !== null) await queue.append([this.#outcome(commandId, 'failed', { reason })], state)
    else await queue.append([this.#outcome(commandId, 'running', {})], { ...state, [runningKey(commandId)]: { type, number } })
    await counters()
      .raise({ command: number })
      .catch(() => {}) // the queue has it already; this one is for the day the queue is lost
    log.info('command taken', { commandId, number, type: type.slice(0, 40), reason })
    if (reason === null && 'command' in found) {
      const run = this.#run(commandId, found.command, order.params ?? {}).finally(() => this.#running.delete(commandId))
      this.#running.set(commandId, run)
    }
    return 'taken'
  }

  /** R14: what an order says beside its type has the type's own shape, or it is refused, though it was signed. */
  #find({ type, params }: Order): { command: EngineCommand } | { reason: string } {
    const found = this.#deps.find(type)
    const shape = Object.hasOwn(commandParams, type) ? commandParams[type as keyof typeof commandParams] : null
    return 'reason' in found || shape === null || shape.safeParse(params).success ? found : { reason: 'params-wrong' }
  }

  /** Cheap checks first, then the signature (R20). */
  #check(value: unknown): Refusal | { order: Order; isExpired: boolean } {
    const { clock, counters, identity, queue } = this.#deps
    const frame = Frame.safeParse(value)
    const parsed = frame.success ? Order.safeParse(frame.data.order) : null
    if (!frame.success || !parsed?.success) return 'not-an-order'
    const order = parsed.data
    if (order.agentId !== identity().agentId) return 'other-agent'
    const known = queue.get(lastKey) as { agentId: string; number: number } | undefined
    const last = Math.max(known?.agentId === order.agentId ? known.number : 0, counters().values.command)
    if (order.number <= last) return 'number-old'
    if (!isSignedBy(identity().commandKey, commandPrefix + canonicalJson(frame.data.order), frame.data.signature)) return 'signature-wrong'
    const now = clock.now().getTime()
    const [notBefore, expiresAt] = [Date.parse(order.notBefore), Date.parse(order.expiresAt)]
    if (expiresAt - notBefore > longestLifeMs) return 'life-too-long'
    if (now < notBefore - notBeforeToleranceMs) return 'not-yet-valid'
    return { order, isExpired: now >= expiresAt }
  }

  async #run(commandId: string, command: EngineCommand, params: Readonly<Record<string, unknown>>): Promise<void> {
    const { queue, log } = this.#deps
    let outcome: OutcomeItem
    try {
      outcome = this.#outcome(commandId, 'succeeded', await this.#perform(commandId, command, params))
    } catch (error) {
      if (error instanceof OutcomeLater) return log.info('command goes on after a restart', { commandId })
      const known = error instanceof CommandFailure
      if (!known) log.warn('command failed', { commandId, cause: String(error) })
      outcome = this.#outcome(commandId, 'failed', known ? { ...error.evidence, reason: error.reason } : { reason: 'engine-error' })
    }
    const items: Item[] = [outcome]
    await queue
      .append(items, { [runningKey(commandId)]: null })
      .catch((error: unknown) => log.warn('outcome not kept', { commandId, cause: String(error) }))
    log.info('command ended', { commandId, step: outcome.step })
  }

  async #perform(commandId: string, command: EngineCommand, params: Readonly<Record<string, unknown>>): Promise<Evidence> {
    const signal = this.#stop.signal
    const started = await command.start(signal, params, commandId)
    const until = performance.now() + command.confirmMs
    for (;;) {
      const now = await this.#deps.engineState()
      const evidence = now && command.isDone(now, started)
      if (evidence) return evidence
      if (signal.aborted) throw new CommandFailure('agent-restarted', started)
      if (performance.now() >= until) throw new CommandFailure('not-confirmed', started)
      await pause(this.#deps.confirmEveryMs ?? 500, signal)
    }
  }

  #outcome(commandId: string, step: OutcomeItem['step'], evidence: Evidence): OutcomeItem {
    return { kind: 'outcome', commandId, at: new Date().toISOString(), step, evidence }
  }
}
