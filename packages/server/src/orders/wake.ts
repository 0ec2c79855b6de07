import { createBell } from '../platform/index.ts'

/** Rung when an order was given or decided about. */
export const orderBell = createBell()
