import type { Activity } from '../consent/index.ts'

export interface CommandKind {
  /** How long an order may wait for its agent, minutes (R14: never above 24 h). What makes sense only now ends soon; a scan may wait for a sleeping server. */
  lifeMinutes: number
  /** R16: it can weaken or cut off; beyond the partner's caps it needs a second person, or a delay told to all owners. */
  isDangerous: boolean
  /** A person picks it from a menu and it needs no more said; the others are sent by a screen of their own (settings, upgrade, move). */
  isPlain: boolean
  /** What the customer must have consented to (ACC-12); null: nothing beyond being managed, as what only takes back: a consent that is withdrawn must not keep closed what it had closed. */
  activity: Activity | null
}

/** AGT-3, closed. Texts: `command.<type>`, `.about`. Typed parameters: `commandParams` in agents/protocol.ts. */
export const commandKinds = {
  'scan-now': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: 'scan' },
  'stop-scan': { lifeMinutes: 15, isDangerous: false, isPlain: true, activity: null },
  'update-components': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: 'deploy-components' },
  'update-server': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: 'update-server' },
  'update-agents': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: 'deploy-components' },
  'assess-vulnerabilities': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: 'assess-vulnerabilities' },
  'clean-up-damage': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: 'clean-up-damage' },
  /** What it closes has to be said: by an order, or by a virus alert. */
  'start-outbreak-defence': { lifeMinutes: 60, isDangerous: true, isPlain: false, activity: 'outbreak-defence' },
  'stop-outbreak-defence': { lifeMinutes: 1_440, isDangerous: false, isPlain: true, activity: null },
  synchronise: { lifeMinutes: 60, isDangerous: false, isPlain: true, activity: null },
  check: { lifeMinutes: 15, isDangerous: false, isPlain: true, activity: null },
  /** The whole of the settings wanted; dangerous when it switches protection off: the settings slice decides, not this flag. */
  'apply-settings': { lifeMinutes: 1_440, isDangerous: false, isPlain: false, activity: 'configure' },
  'upgrade-agent': { lifeMinutes: 1_440, isDangerous: true, isPlain: false, activity: null },
  'move-agent': { lifeMinutes: 60, isDangerous: true, isPlain: false, activity: null },
  'uninstall-agent': { lifeMinutes: 60, isDangerous: true, isPlain: false, activity: null },
} as const satisfies Record<string, CommandKind>
export type CommandType = keyof typeof commandKinds
export const commandTypes = Object.keys(commandKinds) as [CommandType, ...CommandType[]]
/** What a person picks from a menu. */
export const plainCommandTypes = commandTypes.filter((type) => commandKinds[type].isPlain)

/**
 * Steps of a command in order; the last four are outcomes. `succeeded` means the engine itself showed that it happened (`evidence`);
 * `unknown`: it was handed over and no word came before expiry: we ask, we never send again blindly (R15).
 */
export const commandSteps = ['waiting', 'delivered', 'running', 'succeeded', 'failed', 'expired', 'unknown'] as const
export type CommandStep = (typeof commandSteps)[number]
export const isFinal = (step: CommandStep): boolean => ['succeeded', 'failed', 'expired', 'unknown'].includes(step)
