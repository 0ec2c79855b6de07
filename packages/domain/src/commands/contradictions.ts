import type { CommandType } from './types.ts'

/** What else may be done to an agent besides a command, as far as it contradicts one. */
export type Deed = CommandType | 'disable' | 'enable'

export interface Contradiction {
  /** Commands that still wait for the agent and end, unsent, as `expired` with the reason `superseded`: the newer one says it all, or takes their sense away. */
  supersedes: readonly CommandType[] | 'all'
  /** Commands on their way or at work after which this one could not take place: it is refused (`command.contradicts`). */
  refusedBy: readonly CommandType[]
}

const leaving = ['uninstall-agent', 'move-agent'] as const satisfies readonly CommandType[]
const simply = (...supersedes: CommandType[]): Contradiction => ({ supersedes, refusedBy: leaving })

/**
 * Who gives way when two orders to one agent contradict each other (AGT-3; issue 3, bad days). What neither supersedes nor refuses queues: agents take their commands in the order of
 * their numbers. A command that was handed over is never taken back (R15): a stop queues behind the scan it stops.
 */
export const contradictions: Readonly<Record<Deed, Contradiction>> = {
  'scan-now': simply('scan-now', 'stop-scan'),
  'stop-scan': simply('scan-now', 'stop-scan'),
  'update-components': simply('update-components'),
  'update-server': simply('update-server'),
  'update-agents': simply('update-agents'),
  'assess-vulnerabilities': simply('assess-vulnerabilities'),
  'clean-up-damage': simply('clean-up-damage'),
  'start-outbreak-defence': simply('start-outbreak-defence', 'stop-outbreak-defence'),
  'stop-outbreak-defence': simply('start-outbreak-defence', 'stop-outbreak-defence'),
  synchronise: simply('synchronise'),
  check: simply('check'),
  /** The newest holds the whole of the settings. */
  'apply-settings': simply('apply-settings'),
  'upgrade-agent': simply('upgrade-agent'),
  /** What waits here is of no use to an agent that has gone. */
  'move-agent': { supersedes: 'all', refusedBy: leaving },
  'uninstall-agent': { supersedes: 'all', refusedBy: ['uninstall-agent'] },
  /** A disabled agent takes no commands; a scan that starts hours later, when somebody enables it, would surprise. */
  disable: { supersedes: 'all', refusedBy: [] },
  enable: { supersedes: [], refusedBy: [] },
}

export interface OpenCommand {
  type: CommandType
  /** `waiting` may end unsent; the others were handed over. */
  step: 'waiting' | 'delivered' | 'running'
}

/** What becomes of the commands that an agent has open when it is told to do `deed`. Pure. */
export function judge<C extends OpenCommand>(deed: Deed, open: readonly C[]): { isRefusedBy: C | null; superseded: C[] } {
  const { supersedes, refusedBy } = contradictions[deed]
  const isSuperseded = (one: C) => one.step === 'waiting' && (supersedes === 'all' || supersedes.includes(one.type))
  const isRefusedBy = open.find((one) => refusedBy.includes(one.type) && !isSuperseded(one)) ?? null
  return { isRefusedBy, superseded: isRefusedBy ? [] : open.filter(isSuperseded) }
}
