import type { WidgetKindId } from '@vigie/domain/dashboard'
import type { Widget } from './define.ts'
import { agentsByState } from './agents-by-state/index.tsx'
import { customersNeedingAttention } from './customers-needing-attention/index.tsx'
import { customersOverTime } from './customers-over-time/index.tsx'
import { inventoryHealth } from './inventory-health/index.tsx'
import { licenceManagement } from './licence-management/index.tsx'
import { licenceUsage } from './licence-usage/index.tsx'
import { licencesOverTime } from './licences-over-time/index.tsx'
import { notifications } from './notifications/index.tsx'
import { productsOverTime } from './products-over-time/index.tsx'
import { system } from './system/index.tsx'
import { threats } from './threats/index.tsx'
import { topCloudEdgeAppliances } from './top-cloud-edge-appliances/index.tsx'
import { topCloudEdgeCustomers } from './top-cloud-edge-customers/index.tsx'
import { topCustomersByThreat } from './top-customers-by-threat/index.tsx'

export { Unpressable } from './charts/Legend.tsx'
export { kindOf, type ViewProps, type Widget } from './define.ts'
export { figureKey, lostAfterMs, useFigure, type ShownFigure } from './useFigure.ts'

export const widgetList: readonly Widget[] = [
  notifications,
  customersNeedingAttention,
  threats,
  system,
  topCustomersByThreat,
  topCloudEdgeCustomers,
  topCloudEdgeAppliances,
  agentsByState,
  inventoryHealth,
  customersOverTime,
  productsOverTime,
  licenceManagement,
  licencesOverTime,
  licenceUsage,
]
const byId = new Map(widgetList.map((widget) => [widget.figure.id, widget]))
export const widgetOf = (kind: WidgetKindId): Widget => byId.get(kind)!
