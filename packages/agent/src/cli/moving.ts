import type { Machine } from '@vigie/domain/agents'
import type { Commands } from '../core/commands.ts'
import type { EngineCommand } from '../core/engine.ts'
import type { Identity } from '../core/identity.ts'
import type { Log } from '../core/log.ts'
import { moveCommand } from '../core/move.ts'
import { endMove, loadBeside, loadMove, resumeMove, saveMove, type MoveRecord } from '../core/move-record.ts'
import type { Proxy } from '../core/proxy.ts'
import type { Queue } from '../core/queue.ts'
import { pause } from '../core/time.ts'

const usualReturnMs = 600_000

interface MovingOptions {
  stateFolder: string
  log: Log
  queue: Queue
  commands: () => Commands
  identity: () => Identity
  proxy: () => Proxy | null
  machine: () => Promise<Machine>
  /** On disk we belong to another side now: the agent is to start anew. */
  onAnotherSide: () => void
  /** How long a new side may take to welcome us before we go back to the old one. */
  returnAfterMs?: number | undefined
  againMs?: number | undefined
}

/** An agent that changes sides (AGT-11): registered beside, told to go, heard, gone, welcome there or back. Where it stands is on disk; it may die at any step. */
export class Moving {
  readonly #options: MovingOptions
  readonly command: EngineCommand
  #record: MoveRecord | null
  #returning: NodeJS.Timeout | null = null
  #isLetGo = false
  #isStopping = false

  private constructor(options: MovingOptions, record: MoveRecord | null) {
    const { stateFolder, log, identity, proxy, machine, againMs } = options
    this.#options = options
    this.#record = record
    this.command = moveCommand({
      stateFolder,
      log,
      identity,
      proxy,
      machine,
      onDecided: () => void this.#leave(),
      ...(againMs !== undefined && { againMs }),
    })
  }

  /** Ends what a death in the middle left: the identity on disk is the one that counts afterwards. */
  static async open(options: MovingOptions): Promise<Moving> {
    const moving = new Moving(options, await resumeMove(options.stateFolder, options.queue))
    if (moving.#record?.step === 'trying')
      moving.#returning = setTimeout(() => void moving.#goBack(), options.returnAfterMs ?? usualReturnMs)
    return moving
  }

  get commandId(): string | null | undefined {
    return this.#record?.commandId
  }

  /** Between two sides: not being welcome ends nothing yet. */
  get isOnTrial(): boolean {
    return this.#record?.step === 'switching' || this.#record?.step === 'trying'
  }

  /** Goes on where it stood. */
  start(): void {
    if (this.#record?.step === 'switching') void this.#leave()
  }

  stop(): void {
    this.#isStopping = true
    if (this.#returning) clearTimeout(this.#returning)
  }

  /** Where endpoints of a site server that moves are sent on to. */
  async to(): Promise<{ server: string; ca: string; proxy: Proxy | null } | null> {
    const side = await loadBeside(this.#options.stateFolder)
    return side && { server: side.identity.server, ca: side.ca, proxy: this.#options.proxy() }
  }

  /** The old side knows us no more: it let us go, and its word got lost. */
  letGo(): void {
    if (this.#record?.step === 'switching') this.#isLetGo = true
  }

  /** Welcome at the new side: the old registration is given up, now and not before. */
  async onWelcome(): Promise<void> {
    if (this.#record?.step !== 'trying') return
    if (this.#returning) clearTimeout(this.#returning)
    this.#record = null
    const { stateFolder, log, identity } = this.#options
    await endMove(stateFolder).catch((error: unknown) => log.warn('what lay beside could not be tidied', { cause: String(error) }))
    log.info('welcome at the new side', { agentId: identity().agentId })
  }

  /** Told to go, on disk: the old side hears it and has stored it, then we go. What it says no more to us, it knows already. */
  async #leave(): Promise<void> {
    const { stateFolder, log, queue, commands, onAnotherSide } = this.#options
    try {
      this.#record = await loadMove(stateFolder)
      if (this.#record?.step !== 'switching') return
      const side = await loadBeside(stateFolder)
      await commands().settle(this.#record.commandId!, 'succeeded', { newAgentId: side?.identity.agentId ?? null })
      const last = queue.lastSeq
      while (queue.firstPending <= last && !this.#isLetGo && !this.#isStopping) await pause(50)
      if (this.#isStopping) return
      await saveMove(stateFolder, { ...this.#record, step: 'switched' })
      log.info('goes to another side', { agentId: side?.identity.agentId, server: side?.identity.server })
      onAnotherSide()
    } catch (error) {
      log.error('could not leave, tried again at the next start', { cause: String(error) })
    }
  }

  /** The new side does not take us after all: back to the old one, which holds the door open. */
  async #goBack(): Promise<void> {
    if (this.#record?.step !== 'trying') return
    this.#options.log.warn('not welcome at the new side: back to the old one')
    this.#record = { ...this.#record, step: 'returning' }
    await saveMove(this.#options.stateFolder, this.#record)
    this.#options.onAnotherSide()
  }
}
