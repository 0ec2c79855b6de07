import { createHistogram } from 'node:perf_hooks'

/** What a fleet saw, counted since its start. */
export interface FleetStats {
  agents: number
  /** Welcomed and open now. */
  online: number
  /** Gone for good: the server said so and waiting does not help. */
  refused: number
  hellos: number
  /** Connections lost without our doing. */
  dropped: number
  batchesSent: number
  /** Detections handed to a socket for the first time. */
  sent: number
  /** Of them, acknowledged. */
  accepted: number
  /** Batches sent again although acknowledged, and sent in the wrong order, on purpose. */
  duplicatesSent: number
  reordered: number
  nacks: number
  /** The server asked for what it had acknowledged, or acknowledged what was never sent: must stay 0. */
  broken: number
  commands: number
  /** Commands whose signature, address or time was wrong (R14): must stay 0. */
  commandsRefused: number
  beats: number
  /** Problem frames by code. */
  problems: Record<string, number>
  ackMs: Latency
}

export interface Latency {
  count: number
  p50: number
  p95: number
  p99: number
  max: number
}

export type Counters = Omit<FleetStats, 'agents' | 'online' | 'refused' | 'ackMs'>

export const newCounters = (): Counters => ({
  hellos: 0,
  dropped: 0,
  batchesSent: 0,
  sent: 0,
  accepted: 0,
  duplicatesSent: 0,
  reordered: 0,
  nacks: 0,
  broken: 0,
  commands: 0,
  commandsRefused: 0,
  beats: 0,
  problems: {},
})

/** Latencies in milliseconds, to 0.01 ms; memory does not grow with their number. */
export class Latencies {
  readonly #histogram = createHistogram({ figures: 3 })

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)))
  }

  reset(): void {
    this.#histogram.reset()
  }

  read(): Latency {
    const at = (percent: number) => (this.#histogram.count === 0 ? 0 : Math.round(this.#histogram.percentile(percent) / 10) / 100)
    return {
      count: this.#histogram.count,
      p50: at(50),
      p95: at(95),
      p99: at(99),
      max: this.#histogram.count === 0 ? 0 : Math.round(this.#histogram.max / 10) / 100,
    }
  }
}
