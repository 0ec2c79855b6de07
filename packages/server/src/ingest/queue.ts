import { isAway, type Clock, type Database, type Log, type TenantDb } from '../platform/index.ts'
import { answersTo, type Batch, type Result, type Sender } from './batch.ts'
import { isRepeated } from './detections.ts'
import { isDataError, store, type Manner, type Pacer } from './flush.ts'
import { keepOwn, sortItems } from './items.ts'

const rowsPerFlush = 2_000
const flushesInFlight = 4
/** Rows taken in and not yet stored; past it nobody is read until half of it is stored: what was taken in is never given up (R24). */
const fullRows = 60_000
/** One business may hold so much of that while others wait. */
const fairRows = 20_000
/** Where a record came again, more will: an agent that was reinstalled sends three days anew. */
const tolerantMs = 30_000
/** A business's customers are dealt to so many lanes: flushes of different lanes touch no common row. */
const lanesPerBusiness = 2

/** Batches of agents on their way to the store. */
export interface Ingest {
  /** Hands over the items of one batch; the sender hears what became of it. */
  accept(sender: Sender, epoch: string, firstSeq: number, items: readonly unknown[]): void
  /** Resolves when nothing of this sender is on its way any more. */
  drained(sender: Sender): Promise<void>
  /** Takes no more; resolves when all that was taken in is stored, or can't be now because the database is away. */
  close(): Promise<void>
  readonly waitingRows: number
}

interface Lane {
  partnerId: string
  waiting: Batch[]
  rows: number
  isFlushing: boolean
  isQueued: boolean
  /** Until then records may come again. Monotonic. */
  tolerantUntilMs: number
}

export function createIngest({ database, clock, log }: { database: Database; clock: Clock; log: Log }): Ingest {
  const lanes = new Map<string, Lane>()
  const ready: Lane[] = []
  const paused = new Set<Sender>()
  const rowsOf = new Map<string, number>()
  const pending = new Map<Sender, number>()
  const drains = new Map<Sender, (() => void)[]>()
  const pacer = createPacer(database)
  let flushing = 0
  let waitingRows = 0
  let isClosing = false
  let isScheduled = false

  function accept(sender: Sender, epoch: string, firstSeq: number, items: readonly unknown[]): void {
    if (isClosing) return
    const batch: Batch = { sender, epoch, firstSeq, count: items.length, items: sortItems(items, firstSeq) }
    keepOwn(batch.items, sender.fingerprint, sender.formerNames)
    const name = `${sender.partnerId} ${sender.customerId.charCodeAt(sender.customerId.length - 1) % lanesPerBusiness}`
    let lane = lanes.get(name)
    if (!lane)
      lanes.set(
        name,
        (lane = { partnerId: sender.partnerId, waiting: [], rows: 0, isFlushing: false, isQueued: false, tolerantUntilMs: 0 }),
      )
    lane.waiting.push(batch)
    lane.rows += batch.count
    waitingRows += batch.count
    rowsOf.set(sender.partnerId, (rowsOf.get(sender.partnerId) ?? 0) + batch.count)
    pending.set(sender, (pending.get(sender) ?? 0) + 1)
    if (waitingRows > fullRows || (rowsOf.get(sender.partnerId)! > fairRows && rowsOf.size > 1)) {
      paused.add(sender)
      sender.pause()
    }
    enqueue(lane)
    schedule()
  }

  function enqueue(lane: Lane): void {
    if (lane.isQueued || lane.isFlushing || lane.waiting.length === 0) return
    lane.isQueued = true
    ready.push(lane)
  }

  /** Once all that came in this turn of the loop is there: it shares one commit. */
  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      start()
    })
  }

  function start(): void {
    while (flushing < flushesInFlight) {
      const lane = ready.shift()
      if (!lane) return
      lane.isQueued = false
      lane.isFlushing = true
      flushing++
      void flush(lane)
    }
  }

  async function flush(lane: Lane): Promise<void> {
    const batches = take(lane)
    const rows = batches.reduce((sum, { count }) => sum + count, 0)
    try {
      const results = await storeSurely(lane, batches)
      if (results) tell(batches, results)
    } finally {
      lane.rows -= rows
      waitingRows -= rows
      const left = rowsOf.get(lane.partnerId)! - rows
      if (left > 0) rowsOf.set(lane.partnerId, left)
      else rowsOf.delete(lane.partnerId)
      for (const { sender } of batches) settle(sender)
      lane.isFlushing = false
      flushing--
      if (waitingRows < fullRows / 2) resumeAll()
      enqueue(lane)
      start()
    }
  }

  function take(lane: Lane): Batch[] {
    let rows = 0
    let number = 0
    while (number < lane.waiting.length && (number === 0 || rows + lane.waiting[number]!.count <= rowsPerFlush))
      rows += lane.waiting[number++]!.count
    return lane.waiting.splice(0, number)
  }

  /** Tries until it is stored: the database may be away for long (R43). @returns null: not stored, and we are asked to end */
  async function storeSurely(lane: Lane, batches: readonly Batch[]): Promise<Result[] | null> {
    const tenant = { partnerId: lane.partnerId, scope: 'all' as const, principalId: null }
    const attempt = (some: readonly Batch[], manner: Manner) =>
      database.transaction(tenant, (db) => store(db, some, clock.now(), pacer, manner))
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 3_000)) {
      try {
        return await attempt(batches, performance.now() < lane.tolerantUntilMs ? 'tolerant' : 'quick')
      } catch (error) {
        if (isRepeated(error)) {
          lane.tolerantUntilMs = performance.now() + tolerantMs
          continue
        }
        if (isDataError(error)) {
          try {
            return await storeEach(batches, attempt)
          } catch (again) {
            log.warn('batches could not be stored one by one, tried again', { error: String(again) })
          }
        } else if (!isAway(error)) {
          log.error('batches could not be stored, tried again', {
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          })
        }
      }
      if (isClosing) return null
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  /** One batch has something the store refuses: it alone is taken apart (R19). */
  async function storeEach(
    batches: readonly Batch[],
    attempt: (some: readonly Batch[], manner: Manner) => Promise<Result[]>,
  ): Promise<Result[]> {
    const results: Result[] = []
    for (const batch of batches) {
      const stored = await attempt([batch], 'tolerant').catch((error: unknown) => {
        if (!isDataError(error)) throw error
        return attempt([batch], 'careful')
      })
      results.push(...stored)
    }
    return results
  }

  function tell(batches: readonly Batch[], results: readonly Result[]): void {
    for (const [sender, { epoch, storedSeq, expectedSeq, isSuperseded }] of answersTo(batches, results)) {
      if (isSuperseded) sender.superseded()
      if (storedSeq !== null) sender.stored(epoch, storedSeq)
      if (expectedSeq !== null) sender.missing(epoch, expectedSeq)
    }
  }

  function settle(sender: Sender): void {
    const left = pending.get(sender)! - 1
    if (left > 0) return void pending.set(sender, left)
    pending.delete(sender)
    for (const resolve of drains.get(sender) ?? []) resolve()
    drains.delete(sender)
  }

  function resumeAll(): void {
    for (const sender of paused) {
      if ((rowsOf.get(sender.partnerId) ?? 0) > fairRows / 2 && rowsOf.size > 1) continue
      paused.delete(sender)
      sender.resume()
    }
  }

  return {
    accept,
    drained: (sender) =>
      pending.has(sender) ? new Promise((resolve) => drains.set(sender, [...(drains.get(sender) ?? []), resolve])) : Promise.resolve(),
    async close() {
      isClosing = true
      await Promise.all([...pending.keys()].map((sender) => this.drained(sender)))
    },
    get waitingRows() {
      return waitingRows
    },
  }
}

/** What was held back is told a second later, so that an open list ends up complete (EVT-8). */
function createPacer(database: Database): Pacer {
  const told = new Map<string, number>()
  const heldBack = new Map<string, Sender>()
  let timer: NodeJS.Timeout | null = null

  async function tellHeldBack(): Promise<void> {
    timer = null
    const senders = [...heldBack.values()]
    heldBack.clear()
    for (const [partnerId, some] of Map.groupBy(senders, (sender) => sender.partnerId)) {
      const announce = async (db: TenantDb) => {
        for (const { productId, customerId } of some) db.announce({ kind: 'detection', id: productId, customerId })
      }
      await database.transaction({ partnerId, scope: 'all', principalId: null }, announce).catch(() => {}) // consoles ask anew when their own connection breaks
    }
  }

  return {
    mayAnnounce(sender) {
      const now = performance.now()
      if (now - (told.get(sender.productId) ?? -Infinity) < 1_000) {
        heldBack.set(sender.productId, sender)
        timer ??= setTimeout(() => void tellHeldBack(), 1_000).unref()
        return false
      }
      if (told.size > 50_000) told.clear()
      told.set(sender.productId, now)
      return true
    },
  }
}
