import { agentsByState } from './agents-by-state.ts'
import { attention } from './attention.ts'
import { customersNeedingAttention } from './customers-needing-attention.ts'
import { inventoryHealth } from './inventory-health.ts'
import { notifications } from './notifications.ts'
import { customersOverTime, productsOverTime } from './over-time.ts'
import { system } from './system.ts'
import { threats } from './threats.ts'
import { topCustomersByThreat } from './top-customers-by-threat.ts'

export * as figuresApi from './api.ts'
export type { FigureAnswer } from './api.ts'
export { topCustomers } from './customers-needing-attention.ts'
export { defineFigure, figureUnits, type Figure, type FigureUnit } from './define.ts'
export { detectionRanges, FigureRange, figureRanges, historyRanges, type DetectionRange, type HistoryRange } from './ranges.ts'
export { Counted, rowScreens, RowsLink, rowsOf } from './rows.ts'
export { topByThreat } from './top-customers-by-threat.ts'
export {
  agentsByState,
  attention,
  customersNeedingAttention,
  customersOverTime,
  inventoryHealth,
  notifications,
  productsOverTime,
  system,
  threats,
  topCustomersByThreat,
}

export const figures = [
  notifications,
  customersNeedingAttention,
  threats,
  system,
  customersOverTime,
  productsOverTime,
  topCustomersByThreat,
  agentsByState,
  inventoryHealth,
  attention,
] as const
