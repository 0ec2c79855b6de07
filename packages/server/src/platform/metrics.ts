import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'

/** Numbers for Prometheus, in its text format 0.0.4. Names and labels are ours alone: no tenant, no person, no address (R38). */
export interface Metrics {
  /** A number asked for when it is read. */
  gauge(name: string, help: string, read: () => number, type?: 'gauge' | 'counter'): void
  /** A number that only grows; `labels` from a small closed set. */
  counter(name: string, help: string): (labels?: Labels, by?: number) => void
  /** Spread of a duration in seconds. */
  histogram(name: string, help: string, bounds: readonly number[]): (labels: Labels, value: number) => void
  text(): string
}
type Labels = Readonly<Record<string, string>>

const labelText = (labels: Labels): string => {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  )
  return parts.length > 0 ? `{${parts.join(',')}}` : ''
}

export function createMetrics(): Metrics {
  const families: { name: string; help: string; type: string; lines: () => string[] }[] = []
  const add = (name: string, help: string, type: string, lines: () => string[]) => void families.push({ name, help, type, lines })
  return {
    gauge: (name, help, read, type = 'gauge') => add(name, help, type, () => [`${name} ${read()}`]),
    counter(name, help) {
      const sums = new Map<string, number>()
      add(name, help, 'counter', () => [...sums].map(([labels, sum]) => `${name}${labels} ${sum}`))
      return (labels = {}, by = 1) => {
        const key = labelText(labels)
        sums.set(key, (sums.get(key) ?? 0) + by)
      }
    },
    histogram(name, help, bounds) {
      const spreads = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>()
      add(name, help, 'histogram', () =>
        [...spreads.values()].flatMap(({ labels, counts, sum, count }) => [
          ...bounds.map((bound, i) => `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${counts[i]}`),
          `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
          `${name}_sum${labelText(labels)} ${sum}`,
          `${name}_count${labelText(labels)} ${count}`,
        ]),
      )
      return (labels, value) => {
        const key = labelText(labels)
        let spread = spreads.get(key)
        if (!spread) spreads.set(key, (spread = { labels, counts: bounds.map(() => 0), sum: 0, count: 0 }))
        for (const [i, bound] of bounds.entries()) if (value <= bound) spread.counts[i]!++
        spread.sum += value
        spread.count++
      }
    },
    text: () =>
      families
        .map(({ name, help, type, lines }) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines(), ''].join('\n'))
        .join(''),
  }
}

/** The process itself. @returns stops measuring */
export function measureProcess(metrics: Metrics): () => void {
  const stalls = monitorEventLoopDelay({ resolution: 10 })
  stalls.enable()
  const started = Date.now() / 1000 - process.uptime()
  metrics.gauge('process_start_time_seconds', 'When this process started, Unix time.', () => started)
  metrics.gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss())
  metrics.gauge('process_heap_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed)
  metrics.gauge(
    'process_cpu_seconds_total',
    'CPU time used.',
    () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
    'counter',
  )
  metrics.gauge('vigie_event_loop_delay_p99_seconds', 'How late timers ran, 99th percentile since the last reading.', () => {
    const p99 = stalls.percentile(99) / 1e9
    stalls.reset()
    return p99
  })
  return () => void stalls.disable()
}

/** Requests by route (its pattern, never the address asked for), method and status; streams count when they end. */
export function measureHttp(metrics: Metrics, http: FastifyInstance): void {
  const seconds = metrics.histogram('vigie_http_request_seconds', 'Time to answer.', [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10])
  const streams = new Set(['/api/v1/live'])
  const own = new Set(['none', '/healthz', '/readyz', '/metrics'])
  const counted = metrics.counter('vigie_http_requests_total', 'Requests answered.')
  http.addHook('onResponse', async (request, reply) => {
    const url = request.routeOptions.url ?? 'none'
    const route = url.startsWith('/api/') || own.has(url) ? url : 'console' // each of its many files would be a series of its own
    counted({ method: request.method, route, status: String(reply.statusCode) })
    if (!streams.has(route)) seconds({ route }, reply.elapsedTime / 1000)
  })
}
