import { createBell } from '../platform/index.ts'

/** Rung when a switch of connection was given or approved. */
export const switchBell = createBell()
