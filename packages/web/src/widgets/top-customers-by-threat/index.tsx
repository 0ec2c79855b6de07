import { topCustomersByThreat as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { TopCustomers } from './TopCustomers.tsx'

export const topCustomersByThreat = defineWidget({
  figure,
  sketch: 'ranking',
  views: ['chart', 'table'],
  range: '7d',
  isEmpty: (value) => value.customers.length === 0,
  isGoodWhenEmpty: true,
  View: TopCustomers,
})
