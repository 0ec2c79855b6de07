import type { CommandParams } from '@vigie/domain/agents'
import { CommandFailure, type EngineCommand, type Evidence, type Host } from '../../core/engine.ts'
import type { Identity } from '../../core/identity.ts'
import type { Proxy } from '../../core/proxy.ts'
import * as firewall from './firewall.ts'

const key = 'outbreak.defence'
/** Looks this often whether its time has come, or somebody flushed the rules. */
const lookMs = 15_000
/** R16: the server's own limit is shorter; whatever the order says, no longer. */
const longestMs = 8 * 86_400_000

type Params = CommandParams['start-outbreak-defence']
interface Kept {
  until: string
  inbound: number[]
  outbound: number[]
}

interface Options {
  /** Ports without which nobody could call it off: the way to Vigie, and where a site server hears its endpoints. */
  lifelines: () => { inbound: readonly number[]; outbound: readonly number[] }
  lookMs?: number
}

/**
 * Outbreak defence of a Linux endpoint (EVT-5, AGT-3): ports closed by nftables, beside whatever engine looks for malware. What is closed and until when is on disk before anything closes; a
 * restart closes it again, its time ends it without anybody's word. Folders and attachments it can't close, and says so (docs/decisions/0030).
 */
export class OutbreakDefence {
  readonly #host: Host
  readonly #options: Options
  #fault: string | null = 'firewall-missing'
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<void> | null = null
  /** One change of the rules after another. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly commands: { 'start-outbreak-defence': EngineCommand; 'stop-outbreak-defence': EngineCommand }

  constructor(host: Host, options: Options) {
    this.#host = host
    this.#options = options
    this.commands = { 'start-outbreak-defence': this.#startCommand(), 'stop-outbreak-defence': this.#stopCommand() }
  }

  /** Puts in force again what a former life of the agent was told. */
  async start(): Promise<void> {
    await this.look()
    this.#timer = setInterval(
      () => void (this.#looking ??= this.look().finally(() => (this.#looking = null))),
      this.#options.lookMs ?? lookMs,
    )
  }

  /** What is closed stays closed, until its time: an agent that stops is no reason to open. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#looking
    await this.#turn.catch(() => {})
  }

  /** Gives back everything: the agent leaves this machine. */
  async leave(): Promise<void> {
    await this.stop()
    if (this.#kept() !== null)
      await this.#inTurn(() => this.#lift()).catch((error: unknown) =>
        this.#host.log.error('outbreak defence could not be lifted: delete the nftables table inet vigie_outbreak by hand', {
          cause: String(error),
        }),
      )
  }

  /** Ends what is over, mends what somebody flushed. Never throws. */
  async look(): Promise<void> {
    if (this.#fault !== null) {
      const before = this.#fault
      this.#fault = process.platform === 'linux' ? await firewall.fault(this.#host).catch(() => 'firewall-refused') : 'not-supported'
      if (before !== this.#fault) this.#host.changed()
    }
    if (this.#kept() === null || this.#fault !== null) return
    await this.#inTurn(async () => {
      const kept = this.#kept()
      if (kept === null) return
      if (this.#secondsUntil(kept.until) <= 0) {
        await this.#lift()
        this.#host.log.info('outbreak defence ended at its time', { until: kept.until })
      } else if (!isSame(await firewall.held(this.#host), kept)) {
        await firewall.close(this.#host, kept, this.#secondsUntil(kept.until))
        this.#host.log.info('outbreak defence in force again', { until: kept.until })
      }
    }).catch((error: unknown) => this.#host.log.warn('outbreak defence could not be looked after, tried again', { cause: String(error) }))
  }

  #kept(): Kept | null {
    return (this.#host.recall(key) as Kept | undefined) ?? null
  }

  #secondsUntil(until: string): number {
    return Math.floor((Date.parse(until) - this.#host.now().getTime()) / 1_000)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.catch(() => {}).then(work)
    this.#turn = turn
    return turn
  }

  /** First the rules, then what is remembered: dying in between, the next look lifts it again. */
  async #lift(): Promise<void> {
    await firewall.open(this.#host)
    await this.#host.tell([], { [key]: null })
    this.#host.changed()
  }

  /** The newest order says all: twice the same is once, another replaces it. The kernel's own list is the proof. */
  #startCommand(): EngineCommand {
    return {
      unavailable: () => this.#fault,
      start: (_, given) =>
        this.#inTurn(async () => {
          const { until, blockPorts, denyWrites, blockAttachments = [] } = given as unknown as Params
          const seconds = this.#secondsUntil(until)
          if (seconds <= 0) throw new CommandFailure('defence-over')
          if (seconds * 1_000 > longestMs) throw new CommandFailure('params-wrong')
          const { inbound, outbound } = this.#options.lifelines()
          const ports = [...new Set(blockPorts)].toSorted((a, b) => a - b)
          const kept: Kept = {
            until,
            inbound: ports.filter((port) => !inbound.includes(port)),
            outbound: ports.filter((port) => !outbound.includes(port)),
          }
          if (kept.inbound.length + kept.outbound.length === 0) throw new CommandFailure('only-ports-can-be-closed')
          await this.#host.tell([], { [key]: kept })
          await firewall.close(this.#host, kept, seconds)
          const now = await firewall.held(this.#host)
          if (!isSame(now, kept)) throw new CommandFailure('not-confirmed')
          this.#host.changed()
          const open = ports.filter((port) => inbound.includes(port) || outbound.includes(port))
          return {
            closedPorts: ports
              .filter((port) => kept.inbound.includes(port) || kept.outbound.includes(port))
              .join(', ')
              .slice(0, 500),
            closedUntil: until,
            ...(open.length > 0 ? { openForVigie: open.join(', ') } : {}),
            ...(denyWrites.length > 0 ? { foldersLeftOut: denyWrites.length } : {}),
            ...(blockAttachments.length > 0 ? { attachmentsLeftOut: blockAttachments.length } : {}),
          }
        }),
      isDone: (_, started) => started,
      confirmMs: 0,
    }
  }

  #stopCommand(): EngineCommand {
    return {
      unavailable: () => this.#fault,
      start: (): Promise<Evidence> =>
        this.#inTurn(async () => {
          const kept = this.#kept()
          await this.#lift()
          if ((await firewall.held(this.#host)) !== null) throw new CommandFailure('not-confirmed')
          return {
            openedPorts:
              kept === null
                ? null
                : [...new Set([...kept.inbound, ...kept.outbound])]
                    .toSorted((a, b) => a - b)
                    .join(', ')
                    .slice(0, 500),
          }
        }),
      isDone: (_, started) => started,
      confirmMs: 0,
    }
  }
}

const isSame = (held: firewall.Closed | null, kept: firewall.Closed): boolean =>
  held !== null && String(held.inbound) === String(kept.inbound) && String(held.outbound) === String(kept.outbound)

/** EVT-5: what stays open whatever is closed, or nobody could call it off. @param sitePort where a site server listens; null: nowhere */
export function lifelinesOf(
  { server, channel, direct }: Identity,
  proxy: Proxy | null,
  sitePort: number | null,
): { inbound: number[]; outbound: number[] } {
  const portOf = (url: string) => Number(new URL(url).port || 443)
  const outbound = [server, channel, ...(direct ? [direct.channel] : [])].map(portOf)
  return { inbound: sitePort ? [sitePort] : [], outbound: [...outbound, ...(proxy ? [proxy.port] : [])] }
}
