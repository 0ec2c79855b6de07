import type { Permission } from '../access/index.ts'
import {
  agentsByState,
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
} from '../figures/index.ts'

interface WidgetKind {
  /** Who may not do all of this is not offered it (ACC-2): those of its figure, which has its name. */
  needs: readonly Permission[]
  /** In columns of three and rows of the grid, when it is added. */
  span: 1 | 2 | 3
  height: number
}

/** DSH-2, in the order of the gallery. What each shows and how it is drawn: the console's `widgets/<kind>/`. */
export const widgets = {
  notifications: { needs: notifications.needs, span: 2, height: 5 },
  'customers-needing-attention': { needs: customersNeedingAttention.needs, span: 1, height: 5 },
  threats: { needs: threats.needs, span: 2, height: 4 },
  system: { needs: system.needs, span: 1, height: 4 },
  'top-customers-by-threat': { needs: topCustomersByThreat.needs, span: 1, height: 4 },
  'agents-by-state': { needs: agentsByState.needs, span: 1, height: 4 },
  'inventory-health': { needs: inventoryHealth.needs, span: 1, height: 4 },
  'customers-over-time': { needs: customersOverTime.needs, span: 1, height: 4 },
  'products-over-time': { needs: productsOverTime.needs, span: 2, height: 4 },
  'licence-management': { needs: licenceManagement.needs, span: 2, height: 4 },
  'licences-over-time': { needs: licencesOverTime.needs, span: 1, height: 4 },
  'licence-usage': { needs: licenceUsage.needs, span: 1, height: 4 },
  'top-cloud-edge-customers': { needs: topCloudEdgeCustomers.needs, span: 1, height: 4 },
  'top-cloud-edge-appliances': { needs: topCloudEdgeAppliances.needs, span: 1, height: 4 },
} as const satisfies Record<string, WidgetKind>

export type WidgetKindId = keyof typeof widgets
export const widgetKindIds = Object.keys(widgets) as [WidgetKindId, ...WidgetKindId[]]
/** The widget may be shown to somebody who can do this. */
export const isShownTo =
  (can: (permission: Permission) => boolean) =>
  (kind: WidgetKindId): boolean =>
    widgetKind(kind).needs.every(can)
export const widgetKind = (id: WidgetKindId): WidgetKind => widgets[id]
