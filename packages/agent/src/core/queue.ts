import { randomUUID } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import type { Item } from '@vigie/domain/agents'
import { dropBallast, keepBallast } from './ballast.ts'
import { errorCode, privateFolder } from './files.ts'
import type { Log } from './log.ts'
import {
  encodeLine,
  listSegments,
  makeSegment,
  readSegment,
  type LoadedSegment,
  type QueueRecord,
  type Segment,
  type State,
} from './queue-files.ts'

export interface QueueOptions {
  /** Items waiting for the server may take this much disk; past it new ones are given up, counted, and told as a `gap` (R24: honest, not silent). */
  limitBytes: number
  now: () => Date
  log: Log
  segmentBytes?: number
  /** Kept back on the disk, to be given up when it is full: room to tell that it is. */
  ballastBytes?: number
  retryMs?: number
}
interface Waiting {
  items: readonly Item[]
  state: State
  done: (result: { dropped: number }) => void
  failed: (error: unknown) => void
}
export type QueueProblem = 'agent-disk-full' | 'agent-disk-failed' | null

const lostKey = 'queue.lost'

/**
 * What the agent has to tell, and what it must remember, on disk before anyone acts on it (R22). Append-only segments; sequences count from 1 in an epoch.
 * Appends of the same moment share one write and one sync. Nothing is numbered before it is on disk: a number never means two things.
 */
export class Queue {
  readonly #folder: string
  readonly #options: Required<QueueOptions>
  #segments: Segment[] = []
  #file: FileHandle | null = null
  #state = new Map<string, unknown>()
  #epoch = ''
  #next = 1
  #acked = 0
  #isAckSaved = true
  #waiting: Waiting[] = []
  #working: Promise<void> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #lastNumber = 0
  #isClosed = false
  #wake: () => void = () => {}
  #window: { first: number; items: unknown[] } = { first: 1, items: [] }
  #listeners = new Set<() => void>()
  /** Why it can't write now; null: all is well. */
  problem: QueueProblem = null

  private constructor(folder: string, options: QueueOptions) {
    this.#folder = folder
    this.#options = { segmentBytes: 524_288, ballastBytes: 1_048_576, retryMs: 2_000, ...options }
  }

  static async open(folder: string, options: QueueOptions): Promise<Queue> {
    const queue = new Queue(await privateFolder(folder), options)
    await queue.#load()
    return queue
  }

  get epoch(): string {
    return this.#epoch
  }
  /** Oldest sequence not acknowledged; `lastSeq + 1` when there is none. */
  get firstPending(): number {
    return this.#acked + 1
  }
  get lastSeq(): number {
    return this.#next - 1
  }
  get pendingCount(): number {
    return this.#next - 1 - this.#acked
  }
  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  get(key: string): unknown {
    return this.#state.get(key)
  }
  entries(prefix: string): [string, unknown][] {
    return [...this.#state].filter(([key]) => key.startsWith(prefix))
  }

  /** Called when new items are on disk. */
  onItems(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Resolves when all of it is on disk, together. While the disk is full it waits (whoever feeds us waits too, and reads on later). `dropped`: given up
   * because the limit was reached. @throws only when the queue is closed first.
   */
  append(items: readonly Item[], state: State = {}): Promise<{ dropped: number }> {
    if (this.#isClosed) return Promise.reject(new Error('queue is closed'))
    return new Promise((done, failed) => {
      this.#waiting.push({ items, state, done, failed })
      this.#work()
    })
  }

  /** Items from `seq` on, as they were told; fewer at the edge of a segment. Empty: there are none yet. */
  async read(seq: number, maxItems: number, maxBytes: number): Promise<unknown[]> {
    if (seq >= this.#next || seq <= this.#acked) return []
    if (seq < this.#window.first || seq >= this.#window.first + this.#window.items.length) await this.#fillWindow(seq)
    const start = seq - this.#window.first
    const found = []
    let bytes = 0
    for (const item of this.#window.items.slice(start, start + maxItems)) {
      bytes += JSON.stringify(item).length * 3 // at worst: a character is three bytes of UTF-8
      if (found.length > 0 && bytes > maxBytes) break
      found.push(item)
    }
    return found
  }

  /** Everything of this epoch up to `seq` is stored by the server: its segments go. */
  acknowledge(seq: number): void {
    const acked = Math.min(seq, this.#next - 1)
    if (acked <= this.#acked) return
    this.#acked = acked
    this.#isAckSaved = false
    const { first, items } = this.#window
    if (first <= acked) this.#window = { first: Math.min(acked + 1, first + items.length), items: items.slice(acked + 1 - first) }
    this.#work()
  }

  /**
   * A new count from 1 with what is still pending: after taking an identity of one's own (R10), when the server's memory and ours don't meet
   * (one of us was restored from a backup), or when the disk damaged the queue. Whole or not at all.
   */
  startEpoch(lost: { count: number; reason: string } | null = null): Promise<void> {
    return this.#exclusive(async () => {
      const pending: unknown[] = []
      while (this.#acked + 1 + pending.length < this.#next) {
        const some = await this.read(this.#acked + 1 + pending.length, 1_000, Infinity)
        if (some.length === 0) break
        pending.push(...some)
      }
      if (lost !== null) pending.push({ kind: 'gap', at: this.#options.now().toISOString(), lost: lost.count, reason: lost.reason })
      await this.#replaceAll(pending)
    })
  }

  /** Writes what waits, then lets go of the folder. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake()
    while (this.#working) await this.#working
    await this.#turn.catch(() => {})
    await this.#file?.close()
    this.#file = null
  }

  /** One writer at a time. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.catch(() => {}).then(work)
    this.#turn = turn
    return turn
  }

  #work(): void {
    this.#working ??= this.#drain().finally(() => {
      this.#working = null
      if (this.#waiting.length > 0) this.#work()
    })
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve)) // lets the appends of this moment gather
    while (this.#waiting.length > 0 || !this.#isAckSaved) {
      const batch = this.#waiting.splice(0, 500)
      try {
        await this.#exclusive(() => this.#write(batch))
      } catch (error) {
        if (this.#isClosed) {
          for (const { failed } of batch) failed(error)
          return
        }
        this.#noteProblem(error)
        this.#waiting.unshift(...batch)
        if (!(await dropBallast(this.#folder))) await this.#pause(this.#options.retryMs)
        if (batch.length === 0) return // only an acknowledgement to note: it can wait
        continue
      }
      // What was appended is on disk: a fault from here on only leaves the folder untidy.
      await this.#exclusive(() => this.#tidy()).then(
        () => this.#noteProblem(null),
        (error: unknown) => this.#noteProblem(error),
      )
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const segment = this.#segments.at(-1)!
    let next = this.#next
    const records: QueueRecord[] = []
    const state = new Map<string, unknown>()
    const results: { dropped: number }[] = []
    let size = this.#pendingBytes()
    const lostBefore = (this.#state.get(lostKey) as number | undefined) ?? 0
    let lost = lostBefore
    if (lost > 0 && size < this.#options.limitBytes * 0.9) {
      records.push({ first: next, items: [{ kind: 'gap', at: this.#options.now().toISOString(), lost, reason: 'queue-full' }] })
      next += 1
      lost = 0
    }
    for (const waiting of batch) {
      const isFull = size > this.#options.limitBytes
      // An outcome is one small line per command and is waited for: it goes into the reserve.
      const items = isFull ? waiting.items.filter((item) => item.kind === 'outcome' || item.kind === 'gap') : waiting.items
      const dropped = waiting.items.length - items.length
      lost += dropped
      results.push({ dropped })
      const record: QueueRecord = { first: next, items: [...items] }
      if (Object.keys(waiting.state).length > 0) record.state = waiting.state
      if (record.items.length > 0 || record.state) records.push(record)
      for (const [key, value] of Object.entries(waiting.state)) state.set(key, value)
      next += items.length
      size += items.length * 400
    }
    if (lost !== lostBefore) {
      records.push({ first: next, items: [], state: { [lostKey]: lost > 0 ? lost : null } })
      state.set(lostKey, lost > 0 ? lost : null)
    }
    const acked = this.#acked
    if (!this.#isAckSaved) records.push({ first: next, items: [], acked })
    const mustSync = records.some((record) => record.items.length > 0 || record.state)
    const bytes = Buffer.concat(records.map(encodeLine))
    try {
      const { bytesWritten } = await this.#file!.write(bytes, 0, bytes.length)
      if (bytesWritten < bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' })
      if (mustSync) await this.#file!.datasync()
    } catch (error) {
      await this.#file!.truncate(segment.sizeBytes).catch(() => {}) // no half record may stay before the next one
      throw error
    }
    segment.sizeBytes += bytes.length
    segment.next = next
    const items = records.flatMap((record) => record.items)
    if (this.#window.first + this.#window.items.length === this.#next && this.#window.items.length + items.length <= 1_500)
      this.#window.items.push(...items)
    this.#next = next
    this.#noteProblem(null)
    for (const [key, value] of state) this.#remember(key, value)
    if (this.#acked === acked) this.#isAckSaved = true
    batch.forEach(({ done }, index) => done(results[index]!))
    if (items.length > 0) for (const listener of this.#listeners) listener()
  }

  async #replaceAll(pending: unknown[]): Promise<void> {
    const epoch = randomUUID()
    const header = { epoch, next: 1, acked: 0, state: Object.fromEntries(this.#state) }
    const made = await makeSegment(this.#folder, ++this.#lastNumber, header, pending.length > 0 ? [{ first: 1, items: pending }] : [])
    const old = this.#segments
    await this.#use(made)
    this.#segments = [made]
    this.#epoch = epoch
    this.#next = made.next
    this.#acked = 0
    this.#isAckSaved = true
    this.#window = { first: 1, items: pending }
    for (const { path } of old) await rm(path, { force: true })
  }

  async #use(segment: Segment): Promise<void> {
    const file = await open(segment.path, 'a', 0o600)
    await this.#file?.close()
    this.#file = file
  }

  /** A full active segment is followed by a new one; those wholly acknowledged go. */
  async #tidy(): Promise<void> {
    const active = this.#segments.at(-1)!
    const isDone = this.#acked === this.#next - 1
    const enough = Math.max(isDone ? this.#options.segmentBytes / 8 : this.#options.segmentBytes, active.headerBytes * 4)
    if (active.sizeBytes > enough) {
      const header = { epoch: this.#epoch, next: this.#next, acked: this.#acked, state: Object.fromEntries(this.#state) }
      const made = await makeSegment(this.#folder, ++this.#lastNumber, header)
      await this.#use(made)
      this.#segments.push(made)
    }
    while (this.#segments.length > 1 && this.#segments[0]!.next <= this.#acked + 1) {
      await rm(this.#segments.shift()!.path, { force: true })
    }
    if (this.problem === null && this.#options.ballastBytes > 0) await keepBallast(this.#folder, this.#options.ballastBytes)
  }

  #pendingBytes(): number {
    return this.#segments.filter(({ next }) => next > this.#acked + 1).reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  #remember(key: string, value: unknown): void {
    if (value === null) this.#state.delete(key)
    else this.#state.set(key, value)
  }

  async #fillWindow(seq: number): Promise<void> {
    const segment = this.#segments.find(({ first, next }) => seq >= first && seq < next)
    const loaded = segment ? await readSegment(segment.path, segment.number) : null
    if (!segment || !loaded) throw new Error(`queue has no item ${seq}`)
    const items = loaded.records.flatMap((record) => record.items)
    this.#window = { first: seq, items: items.slice(seq - segment.first, segment.next - segment.first) }
  }

  async #load(): Promise<void> {
    const list = await listSegments(this.#folder)
    this.#lastNumber = list.at(-1)?.number ?? 0
    const loaded: LoadedSegment[] = []
    const unreadable: string[] = []
    for (const { path, number } of list) {
      const one = await readSegment(path, number, number === this.#lastNumber)
      if (one === null) unreadable.push(path)
      else loaded.push(one)
    }
    const epoch = loaded.at(-1)?.header.epoch
    // A new epoch holds all that was pending before it: what is left of an old one was about to be removed.
    for (const old of loaded.filter(({ header }) => header.epoch !== epoch)) await rm(old.segment.path, { force: true })
    const lost = this.#adopt(
      loaded.filter(({ header }) => header.epoch === epoch),
      unreadable,
    )
    if (lost > 0) {
      const pending = this.#segments.length === 0 ? [] : this.#stillThere(loaded)
      this.#options.log.warn('queue was damaged on disk', { lostAtLeast: lost, kept: pending.length })
      await this.#replaceAll([...pending, { kind: 'gap', at: this.#options.now().toISOString(), lost, reason: 'queue-damaged' }])
      for (const path of unreadable) await rm(path, { force: true })
    } else if (this.#segments.length === 0) await this.#replaceAll([])
    else await this.#use(this.#segments.at(-1)!)
    if (this.#options.ballastBytes > 0) await keepBallast(this.#folder, this.#options.ballastBytes).catch(() => {})
  }

  /** Takes over what the segments say. Answers how many items, at least, the disk lost. */
  #adopt(loaded: readonly LoadedSegment[], unreadable: readonly string[]): number {
    let lost = 0
    let expected = 0
    for (const { segment, header, records } of loaded) {
      this.#epoch = header.epoch
      this.#acked = Math.max(this.#acked, header.acked)
      this.#state = new Map(Object.entries(header.state))
      if (expected > 0) lost += header.next - expected
      expected = header.next
      for (const record of records) {
        lost += record.first - expected
        expected = record.first + record.items.length
        this.#acked = Math.max(this.#acked, record.acked ?? 0)
        for (const [key, value] of Object.entries(record.state ?? {})) this.#remember(key, value)
      }
      this.#segments.push(segment)
    }
    this.#next = Math.max(1, expected)
    this.#window = { first: this.#next, items: [] }
    lost += Math.max(0, (this.#segments[0]?.first ?? 1) - 1 - this.#acked) // its oldest segment can't be read
    return unreadable.length > 0 ? Math.max(1, lost) : lost
  }

  #stillThere(loaded: readonly LoadedSegment[]): unknown[] {
    const items = loaded.filter(({ header }) => header.epoch === this.#epoch).flatMap(({ records }) => records)
    return items.flatMap((record) => record.items.filter((_, index) => record.first + index > this.#acked))
  }

  #noteProblem(error: unknown): void {
    const code = errorCode(error)
    const problem = error === null ? null : ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code) ? 'agent-disk-full' : 'agent-disk-failed'
    if (problem === this.problem) return
    if (problem !== null) this.#options.log.error('queue can not be written', { problem, code })
    else this.#options.log.info('queue can be written again')
    this.problem = problem
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
