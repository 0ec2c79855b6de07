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
