import { agentsByState } from './agents-by-state.ts'
import { attention } from './attention.ts'
import { customersNeedingAttention } from './customers-needing-attention.ts'
import { inventoryHealth } from './inventory-health.ts'
import { licenceManagement, licencesOverTime, licenceUsage } from './licences.ts'
import { notifications } from './notifications.ts'
import { customersOverTime, productsOverTime } from './over-time.ts'
import { system } from './system.ts'
import { threats } from './threats.ts'
import { topCloudEdgeAppliances, topCloudEdgeCustomers } from './top-cloud-edge.ts'
import { topCustomersByThreat } from './top-customers-by-threat.ts'

export * as figuresApi from './api.ts'
export type { FigureAnswer } from './api.ts'
export { topCustomers } from './customers-needing-attention.ts'
export { defineFigure, figureUnits, type Figure, type FigureUnit } from './define.ts'
export { categoryOfKind, FigureKind, figureKinds } from './kinds.ts'
export {
  detectionRanges,
  FigureRange,
  figureRanges,
  gatewayRanges,
  historyRanges,
  type DetectionRange,
  type GatewayRange,
  type HistoryRange,
} from './ranges.ts'
export { Counted, rowScreens, RowsLink, rowsOf, Summed } from './rows.ts'
export { topOfGateways } from './top-cloud-edge.ts'
export { topByThreat } from './top-customers-by-threat.ts'
export {
  agentsByState,
  attention,
  customersNeedingAttention,
  customersOverTime,
  inventoryHealth,
  licenceManagement,
  licencesOverTime,
  licenceUsage,
  notifications,
  productsOverTime,
  system,
  threats,
  topCloudEdgeAppliances,
  topCloudEdgeCustomers,
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
  topCloudEdgeCustomers,
  topCloudEdgeAppliances,
  agentsByState,
  inventoryHealth,
  licenceManagement,
  licencesOverTime,
  licenceUsage,
  attention,
] as const
