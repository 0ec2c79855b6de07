import { lastDueOn } from '@vigie/domain/settings'
import type { Host } from '../../core/engine.ts'
import { lastScanDayKey, type InForce } from './settings.ts'

export interface SchedulerDeps {
  host: Host
  inForce: () => InForce
  isScanning: () => boolean
  scan: () => Promise<unknown>
  /** When the machine last asked for new components, by whomever; null: never known. */
  updateCheckedAt: () => Date | null
  /** Null: it can't now. */
  update: () => (() => Promise<unknown>) | null
  everyMs?: number
}

/** After an update that failed, the next try waits this long. */
const retryMs = 1_800_000

/**
 * What the agent does by the clock without being told: scheduled scans, each local day once (R46), and updates. The day is on disk before its scan begins: one that the machine's power
 * cut is not begun again the same day; days slept through are one scan when it wakes. While a scan runs, whoever ordered it, the next waits: never two at once.
 */
export class Scheduler {
  readonly #deps: SchedulerDeps
  #timer: NodeJS.Timeout | null = null
  #ticking: Promise<void> | null = null
  #work = new Set<Promise<unknown>>()
  #updateTriedMs = -Infinity

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), this.#deps.everyMs ?? 20_000)
    void this.tick()
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#ticking
    await Promise.all(this.#work)
  }

  /** The schedule became another one: what was due by it before now is not made up for. */
  async begin(): Promise<void> {
    const { host, inForce } = this.#deps
    const { isScheduled, schedule } = inForce()
    if (!isScheduled) return
    const due = lastDueOn(schedule, host.now())
    const last = this.#last()
    if (due !== null && (last === null || due > last)) await host.tell([], { [lastScanDayKey]: due })
  }

  tick(): Promise<void> {
    this.#ticking ??= this.#tick()
      .catch((error: unknown) => this.#deps.host.log.warn('scheduled work failed', { cause: String(error) }))
      .finally(() => (this.#ticking = null))
    return this.#ticking
  }

  #last(): string | null {
    const known = this.#deps.host.recall(lastScanDayKey)
    return typeof known === 'string' ? known : null
  }

  async #tick(): Promise<void> {
    const { host, inForce, isScanning, scan } = this.#deps
    const { isScheduled, schedule } = inForce()
    if (isScheduled && !isScanning()) {
      const due = lastDueOn(schedule, host.now())
      const last = this.#last()
      if (last === null) await this.begin()
      else if (due !== null && due > last) {
        await host.tell([], { [lastScanDayKey]: due })
        host.log.info('scheduled scan begins', { day: due })
        this.#do(scan)
      }
    }
    await this.#maybeUpdate()
  }

  async #maybeUpdate(): Promise<void> {
    const { host, inForce, update, updateCheckedAt } = this.#deps
    const { isUpdating, updateEveryHours } = inForce()
    if (!isUpdating || performance.now() - this.#updateTriedMs < retryMs) return
    const checkedAt = updateCheckedAt()
    if (checkedAt !== null && host.now().getTime() - checkedAt.getTime() < updateEveryHours * 3_600_000) return
    const run = update()
    if (run === null) return
    this.#updateTriedMs = performance.now()
    this.#do(run)
  }

  #do(work: () => Promise<unknown>): void {
    const running = work().catch((error: unknown) => this.#deps.host.log.warn('scheduled work failed', { cause: String(error) }))
    this.#work.add(running)
    void running.finally(() => this.#work.delete(running))
  }
}
