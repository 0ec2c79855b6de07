import type * as z from 'zod'
import type { CommandType } from '@vigie/domain/commands'
import type { EndpointItem, Item, OutcomeItem } from '@vigie/domain/agents'
import type { FollowOptions, Follower } from './follow.ts'
import type { Log } from './log.ts'
import type { Program, RunResult } from './programs.ts'
import type { State } from './queue-files.ts'
import type { ChildProcess } from 'node:child_process'

/** An engine as the server shows it (AGT-7). */
export type EngineReport = NonNullable<EndpointItem['engine']>
/** Words for the keys: `evidence.<key>`. */
export type Evidence = OutcomeItem['evidence']

/** What an engine may use of the machine and of the agent. Nothing else: an engine opens no connection to the server and starts no program by path. */
export interface Host {
  /** The name that items about this machine carry. */
  endpoint: string
  log: Log
  now(): Date
  /** On disk, together, when it resolves: what is told, and what is remembered so as not to tell it again. */
  tell(items: readonly Item[], state?: State): Promise<void>
  recall(key: string): unknown
  recallAll(prefix: string): [string, unknown][]
  follow(options: Omit<FollowOptions, 'log'>): Follower
  run(program: Program, args: readonly string[], options: { timeoutMs: number; signal?: AbortSignal }): Promise<RunResult>
  start(program: Program, args: readonly string[]): Promise<ChildProcess>
  hasProgram(program: Program): Promise<boolean>
  /** A folder of the engine's own below the agent's state, for its owner only. */
  folder(name: string): Promise<string>
  /** The engine's state changed: look and tell now rather than at the next round. */
  changed(): void
}

/** Ends a command as failed. `reason`: text key below `command-reason.`. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly reason: string
  readonly evidence: Evidence
  constructor(reason: string, evidence: Evidence = {}, options: { cause?: unknown } = {}) {
    super(reason, options)
    this.reason = reason
    this.evidence = evidence
  }
}

/** The outcome is told later, perhaps by another process: what `start` began goes on when this one has ended (an upgrade). */
export class OutcomeLater extends Error {
  override readonly name = 'OutcomeLater'
}

export interface EngineCommand {
  /** Why it can't be taken now (text key below `command-reason.`); null: it can. */
  unavailable(): string | null
  /**
   * Does it. Resolves with what was seen on the way; that is not yet the outcome.
   * @param commandId absent: nobody ordered it (an engine's own schedule)
   * @param params of the order, of the shape that `commandParams` has for its type; empty for types without
   * @throws CommandFailure, OutcomeLater
   */
  start(signal: AbortSignal, params: Readonly<Record<string, unknown>>, commandId?: string): Promise<Evidence>
  /** The outcome: evidence, if the engine's own state shows that it happened; null: not yet. The engine says so, not we (AGT-3). */
  isDone(now: EngineReport, started: Evidence): Evidence | null
  /** How long the engine may take to show it, after `start` resolved. */
  confirmMs: number
}

export interface RunningEngine {
  start(): Promise<void>
  stop(): Promise<void>
  /** Looks at the engine now. Never throws: what is wrong is in `problem`. */
  state(): Promise<EngineReport>
  /** Somebody asked how it is now: what `state()` looks at only now and then, it looks at next time. */
  lookAnew?(): void
  /** The settings in force, as of the last `state()` (AGT-4). Absent: it takes none. */
  settings?(): EndpointItem['settings']
  /** A command type not among them is greyed out, with `unsupported`'s reason. */
  commands: Partial<Record<CommandType, EngineCommand>>
}

export interface Engine<S extends z.ZodType = z.ZodType> {
  id: string
  /** Its part of the agent's settings. */
  settings: S
  /** Why a command type is not among `commands`: text key below `command-reason.`. */
  unsupported: Partial<Record<CommandType, string>>
  open(host: Host, settings: z.infer<S>): RunningEngine
}

export function defineEngine<S extends z.ZodType>(engine: Engine<S>): Engine<S> {
  return engine
}
