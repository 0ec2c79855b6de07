import { clamav } from './clamav/index.ts'

/** Every engine this agent can drive. */
export const engines = [clamav] as const
