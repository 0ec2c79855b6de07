import type { EndpointItem, Machine } from '@vigie/domain/agents'
import { commandTypes, type CommandType } from '@vigie/domain/commands'
import { readDisks, type Disk } from './disks.ts'
import type { Engine, EngineReport, RunningEngine } from './engine.ts'
import type { Queue } from './queue.ts'

/** Says the same again this often, so that the server knows it still holds. */
const repeatMs = 600_000

export interface ReporterDeps {
  queue: Queue
  engine: { kind: Engine; running: RunningEngine } | null
  machine: () => Promise<Machine>
  /** Why it can't upgrade itself; null: it can. Absent: nobody would start the new version. */
  upgrade?: () => string | null
  /** Why it can't go from this machine; null: it can. Absent: nobody would take it away. */
  leave?: () => string | null
  /** Its file systems; absent: those of this machine. */
  disks?: () => Promise<Disk[]>
  probeMs?: number
}

/** Tells the endpoint's state: at start, when it changes, every 10 minutes (EndpointItem). Looks every 10 s. */
export class Reporter {
  readonly #deps: ReporterDeps
  #timer: NodeJS.Timeout | null = null
  #told = ''
  #toldMs = -Infinity
  #isTelling = false
  #looking: Promise<EngineReport | null> | null = null
  #isStopped = false
  /** As last seen. */
  engine: EngineReport | null = null

  constructor(deps: ReporterDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), this.#deps.probeMs ?? 10_000)
    void this.look()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#looking
  }

  /** Looks now; tells if there is something new or it is time. Calls of the same moment share one look. */
  look(): Promise<EngineReport | null> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
    return this.#looking
  }

  /** Looks at everything and tells it again, changed or not. On disk when it resolves. */
  async tellNow(): Promise<EndpointItem> {
    this.#deps.engine?.running.lookAnew?.()
    await this.look()
    const item = await this.#item()
    await this.#deps.queue.append([item])
    this.#note(item)
    return item
  }

  async #look(): Promise<EngineReport | null> {
    this.engine = (await this.#deps.engine?.running.state()) ?? null
    if (this.#isStopped || this.#isTelling) return this.engine
    const item = await this.#item()
    const isDue = performance.now() - this.#toldMs > repeatMs
    if (isDue || this.#told !== text(item)) {
      this.#isTelling = true
      // Not awaited: on a full disk this waits, and the state must still be looked at.
      void this.#deps.queue
        .append([item])
        .then(
          () => this.#note(item),
          () => {},
        )
        .finally(() => (this.#isTelling = false))
    }
    return this.engine
  }

  #note(item: EndpointItem): void {
    this.#told = text(item)
    this.#toldMs = performance.now()
  }

  async #item(): Promise<EndpointItem> {
    const { engine: deps, queue, machine } = this.#deps
    const { hostname, platform, addresses, fingerprint } = await machine()
    const disks = await (this.#deps.disks ?? readDisks)()
    const engine = this.engine && { ...this.engine, problem: queue.problem ?? this.engine.problem }
    return {
      kind: 'endpoint',
      endpoint: fingerprint,
      at: new Date().toISOString(),
      name: hostname,
      platform,
      addresses,
      engine,
      commands: commandsOf(deps, { 'upgrade-agent': this.#deps.upgrade?.(), 'uninstall-agent': this.#deps.leave?.() }),
      settings: deps?.running.settings?.() ?? null,
      ...(disks.length > 0 && { health: { disks } }),
    }
  }
}

/** Which commands it takes now, and why not the others (AGT-7). */
function commandsOf(
  engine: ReporterDeps['engine'],
  own: Readonly<Partial<Record<CommandType, string | null | undefined>>>,
): EndpointItem['commands'] {
  return commandTypes.map((type) => {
    if (type === 'synchronise' || type === 'check' || type === 'move-agent') return { type, isSupported: true, reason: null } // the agent's own
    if (type in own) {
      const reason = own[type] === undefined ? 'not-supported' : own[type]
      return { type, isSupported: reason === null, reason }
    }
    const command = engine?.running.commands[type]
    const reason = command ? command.unavailable() : (engine?.kind.unsupported[type] ?? 'not-supported')
    return { type, isSupported: reason === null, reason }
  })
}

/** What is new when it differs. Free space moves all the time: only which disks are full is news (EVT-3: under 1 %), the numbers come with the next report. */
const text = (item: EndpointItem): string =>
  JSON.stringify({
    ...item,
    at: '',
    health: item.health?.disks?.filter(({ sizeBytes, freeBytes }) => freeBytes < sizeBytes * 0.01).map(({ mount }) => mount),
  })
