import { rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { join } from 'node:path'
import type { Machine } from '@vigie/domain/agents'
import { engines } from '../engines/index.ts'
import { lifelinesOf, OutbreakDefence } from '../engines/outbreak/index.ts'
import type { EngineCommand, Host, RunningEngine } from '../core/engine.ts'
import { agentVersion } from '../version.ts'
import { Channel, type ChannelState, type ChannelTiming } from '../core/channel.ts'
import { Commands } from '../core/commands.ts'
import { Counters } from '../core/counters.ts'
import { fork, trustedCa } from '../core/enrol.ts'
import { hostOf } from '../core/host.ts'
import { IdentityStore, type Identity } from '../core/identity.ts'
import { textLog, type Log } from '../core/log.ts'
import { LogFile } from '../core/log-file.ts'
import { leaveCommand, loadLeaving, type LeavingRecord } from '../core/leaving.ts'
import { machineFacts, thisMachine, type MachineSources } from '../core/machine.ts'
import type { Proxy } from '../core/proxy.ts'
import { loadProxy } from '../core/proxy-store.ts'
import { checkCommand, synchroniseCommand } from '../core/own-commands.ts'
import { Queue } from '../core/queue.ts'
import { Reporter } from '../core/reporter.ts'
import { SiteServer, type SiteTiming } from '../core/site.ts'
import { Moving } from './moving.ts'
import { isRemovable } from './removal.ts'
import { loadSettings, type Settings } from './settings.ts'
import { keepStatus, serveStatus, type Status } from '../core/status.ts'
import { ServerClock } from '../core/time.ts'
import { waysOf } from '../core/upgrade.ts'
import { Upgrading } from './upgrading.ts'

export interface AgentOptions {
  stateFolder: string
  log?: Log
  machine?: MachineSources
  timing?: Partial<ChannelTiming>
  probeMs?: number
  siteTiming?: Partial<SiteTiming>
  /** Somebody starts the new version when this one ends as `upgrading`. `onWelcome`: told at each welcome; resolves when a trial has become what runs. */
  launcher?: { onWelcome: () => Promise<void> } | null
  /** How long a new side may take to welcome us before we go back to the old one (AGT-11). */
  returnAfterMs?: number
  moveAgainMs?: number
  /** Drives no engine: only to say goodbye. */
  isQuiet?: boolean
}

/** Why the agent ended by itself. `leaving`: it was ordered to go (`leaving.json`). */
export type AgentEnd = 'stopped' | 'uninstalled' | 'unregistered' | 'upgrading' | 'leaving'

/** Puts the parts together: identity, queue, channel, commands, the machine's engine. */
export class Agent {
  readonly #options: AgentOptions
  readonly #log: Log
  readonly #logFile: LogFile | null
  #proxy: Proxy | null
  #identity: Identity
  #settings: Settings
  #queue!: Queue
  #counters!: Counters
  #channel!: Channel
  #commands!: Commands
  #reporter!: Reporter
  #engine: RunningEngine | null = null
  #defence: OutbreakDefence | null = null
  #site: SiteServer | null = null
  #ca = ''
  #upgrading!: Upgrading
  #moving!: Moving
  #leaving: LeavingRecord | null = null
  #local: Server | null = null
  readonly #clock = new ServerClock()
  #state: { state: ChannelState; detail: string | null; since: string } = {
    state: 'connecting',
    detail: null,
    since: new Date().toISOString(),
  }
  #end!: (end: AgentEnd) => void
  /** Settles when it ends by itself. */
  readonly ended = new Promise<AgentEnd>((resolve) => (this.#end = resolve))

  private constructor(options: AgentOptions, identity: Identity, settings: Settings, proxy: Proxy | null) {
    this.#options = options
    this.#identity = identity
    this.#settings = settings
    this.#proxy = proxy
    const logFile = options.log ? null : new LogFile(options.stateFolder)
    this.#logFile = logFile
    this.#log =
      options.log ??
      textLog(
        () => this.#settings.logLevel,
        (line) => {
          process.stderr.write(line)
          logFile?.write(line)
        },
      )
  }

  /** Null: not enrolled on this state folder. @throws Error with code `EADDRINUSE` when an agent runs there already. */
  static async start(options: AgentOptions): Promise<Agent | null> {
    const identity = await new IdentityStore(options.stateFolder).load()
    if (identity === null) return null
    const agent = new Agent(options, identity, await loadSettings(options.stateFolder), await loadProxy(options.stateFolder))
    await agent.#start()
    return agent
  }

  async #start(): Promise<void> {
    const folder = this.#options.stateFolder
    this.#local = await serveStatus(folder, async (word) => {
      if (word === 'stop' || word === 'uninstall') this.#end(word === 'stop' ? 'stopped' : 'uninstalled')
      if (word === 'reload') await this.#reload()
      return this.status()
    })
    this.#queue = await Queue.open(join(folder, 'queue'), {
      limitBytes: this.#settings.queueLimitBytes,
      now: () => new Date(),
      log: this.#log,
    })
    this.#moving = await this.#openMoving()
    this.#leaving = await loadLeaving(folder)
    this.#counters = await this.#openCounters()
    this.#commands = new Commands({
      queue: this.#queue,
      counters: () => this.#counters,
      clock: this.#clock,
      log: this.#log,
      identity: () => this.#identity,
      find: (type) => this.#find(type),
      engineState: () => this.#reporter.look(),
      isUnderWay: (commandId) => [...this.#upgrading.commandIds, this.#moving.commandId, this.#leaving?.commandId].includes(commandId),
    })
    this.#upgrading = await this.#openUpgrading()
    await this.#commands.recover()
    if (!this.#options.isQuiet) await this.#upgrading.tell()
    await this.#startEngine()
    this.#ca = await trustedCa(folder)
    await this.#takeRole(this.#identity.isSiteServer)
    this.#channel = new Channel({
      queue: this.#queue,
      counters: () => this.#counters,
      clock: this.#clock,
      log: this.#log,
      identity: () => this.#identity,
      ca: this.#ca,
      proxy: () => this.#proxy,
      machine: () => this.#machine(),
      timing: this.#options.timing,
      onCommand: async (frame) => void (await this.#commands.take(frame)),
      onWelcome: () => this.#onWelcome(),
      onClone: () => this.#takeOwnIdentity(),
      isOnTrial: () => this.#moving.isOnTrial,
      site: () => this.#site,
      onRole: (isSiteServer) => this.#takeRole(isSiteServer),
      onState: (state, detail) => this.#onState(state, detail),
    })
    this.#channel.start()
    this.#moving.start()
    if (this.#leaving) this.#end('leaving')
  }

  /** Ends the engine's work, keeps what is not sent, says goodbye. */
  async stop(reason: 'stopped' | 'uninstalled' | 'upgrading' = 'stopped'): Promise<void> {
    this.#moving.stop()
    await this.#commands.stop()
    await this.#reporter.stop()
    await this.#engine?.stop()
    await (reason === 'uninstalled' ? this.#defence?.leave() : this.#defence?.stop())
    await this.#channel.stop(reason)
    await this.#site?.stop()
    await this.#queue.close()
    await this.#counters.close()
    await keepStatus(this.#options.stateFolder, this.status()).catch(() => {})
    await new Promise<void>((resolve) => (this.#local ? this.#local.close(() => resolve()) : resolve()))
    await rm(join(this.#options.stateFolder, 'agent.sock'), { force: true })
    await this.#logFile?.close()
  }

  status(): Status {
    const identity = this.#identity
    return {
      ...this.#state,
      at: new Date().toISOString(),
      version: agentVersion,
      server: identity.server,
      agentId: identity.agentId,
      guid: identity.guid,
      product: identity.product.description,
      pid: process.pid,
      clockOffsetMs: this.#clock.offsetMs,
      queue: { pending: this.#queue?.pendingCount ?? 0, sizeBytes: this.#queue?.sizeBytes ?? 0, problem: this.#queue?.problem ?? null },
      commandsRefused: this.#commands?.refusals ?? 0,
      engine: this.#reporter?.engine ?? null,
      infections: this.#queue?.entries('infection:').length ?? 0,
      memoryBytes: process.memoryUsage.rss(),
      way: this.#channel?.by,
      site: this.#site && {
        port: this.#site.port,
        urls: this.#site.urls,
        problem: this.#site.problem,
        endpoints: this.#site.routes,
        waitingBytes: this.#site.waitingBytes,
        cut: this.#site.cut,
      },
    }
  }

  #machine(): Promise<Machine> {
    return machineFacts(this.#identity.anchorHostname, this.#options.machine ?? thisMachine)
  }

  async #startEngine(): Promise<void> {
    const kind = engines[0]
    if (this.#options.isQuiet) {
      this.#reporter = new Reporter({ queue: this.#queue, engine: null, machine: () => this.#machine() })
      return
    }
    const host = await this.#host(kind.id)
    this.#engine = kind.open(host, this.#settings.engines[kind.id] as never)
    this.#defence = new OutbreakDefence(await this.#host('outbreak'), {
      lifelines: () => lifelinesOf(this.#identity, this.#proxy, this.#site?.port ?? null),
    })
    Object.assign(this.#engine.commands, this.#defence.commands)
    await this.#defence.start()
    this.#reporter = new Reporter({
      queue: this.#queue,
      engine: { kind, running: this.#engine },
      machine: () => this.#machine(),
      probeMs: this.#options.probeMs,
      upgrade: () => this.#upgrading.whyNot(),
      leave: () => this.#whyStay(),
    })
    await this.#engine.start()
    this.#reporter.start()
  }

  /** AGT-8: Vigie decides who is a site server; the machine's settings decide whether and where it listens. Nobody else listens on any port (R13). */
  async #takeRole(isSiteServer: boolean): Promise<void> {
    if (isSiteServer !== this.#identity.isSiteServer) {
      this.#identity = { ...this.#identity, isSiteServer }
      await new IdentityStore(this.#options.stateFolder).save(this.#identity)
    }
    if (this.#options.isQuiet || isSiteServer === (this.#site !== null)) return
    if (!isSiteServer) {
      await this.#site?.stop()
      this.#site = null
      return
    }
    this.#site = await SiteServer.start({
      stateFolder: this.#options.stateFolder,
      log: this.#log,
      ...this.#settings.site,
      moving: () => this.#moving.to(),
      upstream: () => ({ server: this.#identity.server, ca: this.#ca, proxy: this.#proxy }),
      timing: this.#options.siteTiming,
    })
  }

  /** New settings: the engine begins anew if they are the engine's; the connection stays unless the way to the server changed. */
  async #reload(): Promise<void> {
    const before = { settings: this.#settings, proxy: this.#proxy }
    this.#settings = await loadSettings(this.#options.stateFolder)
    this.#proxy = await loadProxy(this.#options.stateFolder)
    this.#log.info('settings read again', { logLevel: this.#settings.logLevel })
    const isSiteNew = JSON.stringify(before.settings.site) !== JSON.stringify(this.#settings.site)
    if (isSiteNew && this.#site) {
      await this.#site.stop()
      this.#site = null
      await this.#takeRole(true)
    }
    if (isSiteNew || JSON.stringify(before.proxy) !== JSON.stringify(this.#proxy)) this.#channel.again()
    if (JSON.stringify(before.settings.engines) === JSON.stringify(this.#settings.engines)) return // a language or a log level does not stop a scan
    await this.#commands.idle()
    await this.#reopenEngine()
  }

  async #host(engineId: string): Promise<Host> {
    const { fingerprint: endpoint } = await this.#machine()
    return hostOf({
      engineId,
      endpoint,
      stateFolder: this.#options.stateFolder,
      queue: this.#queue,
      log: this.#log,
      changed: () => void this.#reporter?.look(),
    })
  }

  #find(type: string): { command: EngineCommand } | { reason: string } {
    const { stateFolder, machine } = this.#options
    if (type === 'check')
      return { command: checkCommand({ stateFolder, machine, reporter: () => this.#reporter, status: () => this.status() }) }
    if (type === 'synchronise') return { command: synchroniseCommand(() => this.#reporter) }
    if (type === 'upgrade-agent') return { command: this.#upgrading.command }
    if (type === 'move-agent') return { command: this.#moving.command }
    if (type === 'uninstall-agent') return { command: this.#leaveCommand() }
    const command = Object.entries(this.#engine?.commands ?? {}).find(([known]) => known === type)?.[1]
    return command ? { command } : { reason: 'not-supported' }
  }

  #onWelcome(): void {
    if (!this.#options.isQuiet) void this.#reporter.look()
    void this.#moving.onWelcome()
    void this.#upgrading.onWelcome()
  }

  #openUpgrading(): Promise<Upgrading> {
    return Upgrading.open({
      stateFolder: this.#options.stateFolder,
      log: this.#log,
      commands: () => this.#commands,
      ways: () => waysOf(this.#identity, this.#ca, this.#proxy),
      now: () => this.#clock.now(),
      launcher: this.#options.launcher ?? null,
      onPrepared: () => this.#end('upgrading'),
    })
  }

  /** Somebody has to take away what runs; a site server does not leave its endpoints without a way (AGT-8). Text key below `command-reason.`; null: it can go. */
  #whyStay(): string | null {
    if (!this.#options.launcher || process.platform !== 'linux') return 'not-supported'
    if (this.#moving.isOnTrial) return 'move-under-way'
    return this.#site !== null && this.#site.routes > 0 ? 'carries-endpoints' : null
  }

  #leaveCommand(): EngineCommand {
    return leaveCommand({
      stateFolder: this.#options.stateFolder,
      reason: () => this.#whyStay(),
      mayGo: () => isRemovable(this.#options.stateFolder),
      onDecided: (record) => {
        this.#leaving = record
        this.#end('leaving')
      },
    })
  }

  /** Ends what a death in the middle of a move left; who we are is clear afterwards. */
  async #openMoving(): Promise<Moving> {
    const { stateFolder, returnAfterMs, moveAgainMs: againMs } = this.#options
    const moving = await Moving.open({
      stateFolder,
      log: this.#log,
      queue: this.#queue,
      commands: () => this.#commands,
      identity: () => this.#identity,
      proxy: () => this.#proxy,
      machine: () => this.#machine(),
      onAnotherSide: () => this.#end('upgrading'),
      returnAfterMs,
      againMs,
    })
    this.#identity = (await new IdentityStore(stateFolder).load())!
    return moving
  }

  /** Counts belong to an identity: another one counts anew. */
  #openCounters(): Promise<Counters> {
    return Counters.open(join(this.#options.stateFolder, `counters.${this.#identity.agentId}`))
  }

  /** R10: one of two machines that share an identity. What is pending goes with us, numbered anew. */
  async #takeOwnIdentity(): Promise<void> {
    const shared = this.#identity
    this.#identity = await fork(this.#options.stateFolder, shared, this.#clock.now(), this.#options.machine, this.#proxy)
    const old = this.#counters
    this.#counters = await this.#openCounters()
    await old.close()
    await rm(join(this.#options.stateFolder, `counters.${shared.agentId}`), { force: true })
    await this.#queue.startEpoch()
    this.#log.warn('this machine was a copy: it has its own identity now', { was: shared.agentId, is: this.#identity.agentId })
    await this.#reopenEngine() // what it tells carries the machine's name, and that is a new one
  }

  async #reopenEngine(): Promise<void> {
    await this.#reporter.stop()
    await this.#engine?.stop()
    await this.#defence?.stop()
    await this.#startEngine()
  }

  #onState(state: ChannelState, detail: string | null): void {
    if (detail === 'agent.unregistered') this.#moving.letGo()
    if (state !== this.#state.state) this.#log.info('connection', { state, detail })
    if (state !== this.#state.state || detail !== this.#state.detail) {
      this.#state = { state, detail, since: new Date().toISOString() }
      void keepStatus(this.#options.stateFolder, this.status()).catch(() => {})
    }
    if (state === 'unregistered') {
      this.#log.error('the server does not know this agent any more: register it again with a new key (vigie-agent enrol)')
      this.#identity = { ...this.#identity, isUnregistered: true }
      void new IdentityStore(this.#options.stateFolder).save(this.#identity).finally(() => this.#end('unregistered'))
    }
  }
}
