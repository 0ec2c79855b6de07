import { inventoryHealth as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { InventoryHealth } from './InventoryHealth.tsx'

export const inventoryHealth = defineWidget({
  figure,
  sketch: 'tiles',
  views: [],
  isEmpty: (value) => value.total.count === 0,
  View: InventoryHealth,
})
