import { randomUUID } from 'node:crypto'
import { channelLimits, type Item } from '@vigie/domain/agents'
import { TestChannel, type Target, type TestIdentity } from './agent.ts'

/**
 * An agent that keeps what it has to tell until it is acknowledged, as the real one does, and comes back to any of the servers after every loss. What it
 * was ever told is in `told`.
 */
export class DurableAgent {
  readonly identity: TestIdentity
  told = 0
  reconnects = 0
  problems: string[] = []
  #pending: Item[] = []
  /** Sequence of the first pending item. */
  #first = 1
  #next = 1
  #inFlight = 0
  #channel: TestChannel | null = null
  #isStopped = false
  readonly #targets: () => Target[]
  readonly #pollingRatio: number

  /** @param pollingRatio how many of its connections are by long polling (0 to 1) */
  constructor(identity: TestIdentity, targets: () => Target[], pollingRatio = 0.4) {
    this.#pollingRatio = pollingRatio
    this.identity = identity
    this.#targets = targets
  }

  get pending(): number {
    return this.#pending.length
  }

  tell(items: readonly Item[]): void {
    this.#pending.push(...items)
    this.told += items.length
    this.#pump()
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      const targets = this.#targets()
      const target = targets[Math.floor(Math.random() * targets.length)]
      if (target) await this.#session(target).catch(() => {})
      this.#channel = null
      this.reconnects++
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80))
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#channel?.socket.terminate()
  }

  async #session(target: Target): Promise<void> {
    const channel = new TestChannel(target, Math.random() < this.#pollingRatio ? 'polling' : 'websocket')
    await channel.hello(this.identity)
    const answer = await channel.until(
      () =>
        channel.heard.find(({ kind }) => kind === 'welcome' || kind === 'problem') ?? (channel.closeCode !== null && { kind: 'closed' }),
      20_000,
    )
    if (answer.kind === 'problem') this.problems.push(answer.code)
    if (answer.kind !== 'welcome') return channel.socket.terminate()
    if (answer.ackedSeq < this.#first - 1 || answer.ackedSeq >= this.#first + this.#pending.length) {
      // the counts don't meet: a new life of the queue
      this.identity.epoch = randomUUID()
      this.#first = 1
      return channel.socket.terminate()
    }
    this.#forget(answer.ackedSeq)
    this.#next = this.#first
    this.#inFlight = 0
    this.#channel = channel
    this.#pump()
    let at = 0
    while (channel.closeCode === null) {
      await channel.until(() => channel.heard.length > at || channel.closeCode !== null, 600_000)
      for (; at < channel.heard.length; at++) {
        const frame = channel.heard[at]
        if (frame.kind === 'problem') this.problems.push(frame.code)
        if (frame.kind === 'ack') {
          this.#forget(frame.seq)
          this.#inFlight = Math.max(0, this.#inFlight - 1)
        }
        if (frame.kind === 'nack') {
          this.#forget(frame.expectedSeq - 1)
          this.#next = this.#first
          this.#inFlight = 0
        }
        this.#pump()
      }
    }
  }

  #forget(seq: number): void {
    const number = seq - this.#first + 1
    if (number <= 0) return
    this.#pending.splice(0, number)
    this.#first = seq + 1
    this.#next = Math.max(this.#next, this.#first)
    if (this.#next === this.#first) this.#inFlight = 0
  }

  #pump(): void {
    const channel = this.#channel
    if (!channel || channel.socket.readyState !== channel.socket.OPEN) return
    while (this.#inFlight < channelLimits.batchesInFlight && this.#next < this.#first + this.#pending.length) {
      const from = this.#next - this.#first
      const items = this.#pending.slice(from, from + 1 + Math.floor(Math.random() * 40))
      channel.batch(this.identity, this.#next, items)
      // now and then twice, as after a doubt on the way
      if (Math.random() < 0.05) channel.batch(this.identity, this.#next, items)
      this.#next += items.length
      this.#inFlight++
    }
  }
}
