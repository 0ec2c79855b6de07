/** AGT-3, closed. Texts: `command.<type>`. Those that can weaken or cut off need R16's caps: `isDangerous`. */
export const commandTypes = ['scan-now', 'stop-scan', 'update-components', 'synchronise'] as const
export type CommandType = (typeof commandTypes)[number]

/**
 * Steps of a command in order; the last four are outcomes. `succeeded` means the engine itself showed that it happened (`evidence`);
 * `unknown`: it was handed over and no word came before expiry: we ask, we never send again blindly (R15).
 */
export const commandSteps = ['waiting', 'delivered', 'running', 'succeeded', 'failed', 'expired', 'unknown'] as const
export type CommandStep = (typeof commandSteps)[number]
export const isFinal = (step: CommandStep): boolean => ['succeeded', 'failed', 'expired', 'unknown'].includes(step)

/** How long an order may wait for its agent, minutes (R14: never above 24 h). What makes sense only now ends soon; a scan may wait for a sleeping server. */
export const lifeMinutes: Readonly<Record<CommandType, number>> = { 'scan-now': 1_440, 'stop-scan': 15, 'update-components': 1_440, synchronise: 60 }
