import type { WidgetKindId } from '@vigie/domain/dashboard'
import type { Widget } from './define.ts'
import { agentsByState } from './agents-by-state/index.tsx'
import { customersNeedingAttention } from './customers-needing-attention/index.tsx'
import { customersOverTime } from './customers-over-time/index.tsx'
import { inventoryHealth } from './inventory-health/index.tsx'
import { notifications } from './notifications/index.tsx'
import { productsOverTime } from './products-over-time/index.tsx'
import { system } from './system/index.tsx'
import { threats } from './threats/index.tsx'
import { topCustomersByThreat } from './top-customers-by-threat/index.tsx'

export { Unpressable } from './charts/Legend.tsx'
export type { ViewProps, Widget } from './define.ts'
export { figureKey, lostAfterMs, useFigure, type ShownFigure } from './useFigure.ts'

export const widgetList: readonly Widget[] = [
  notifications,
  customersNeedingAttention,
  threats,
  system,
  topCustomersByThreat,
  agentsByState,
  inventoryHealth,
  customersOverTime,
  productsOverTime,
]
const byId = new Map(widgetList.map((widget) => [widget.figure.id, widget]))
export const widgetOf = (kind: WidgetKindId): Widget => byId.get(kind)!
