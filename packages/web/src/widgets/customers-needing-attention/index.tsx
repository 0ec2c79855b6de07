import { customersNeedingAttention as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { CustomersNeedingAttention } from './CustomersNeedingAttention.tsx'

export const customersNeedingAttention = defineWidget({
  figure,
  sketch: 'ranking',
  views: ['table', 'chart'],
  isEmpty: (value) => value.top.length === 0,
  isGoodWhenEmpty: true,
  View: CustomersNeedingAttention,
})
