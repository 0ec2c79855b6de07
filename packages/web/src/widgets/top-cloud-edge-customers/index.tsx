import { topCloudEdgeCustomers as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { TopCloudEdgeCustomers } from './TopCloudEdgeCustomers.tsx'

export const topCloudEdgeCustomers = defineWidget({
  figure,
  sketch: 'ranking',
  views: ['table', 'chart'],
  range: '24h',
  isEmpty: (value) => value.customers.length === 0,
  isGoodWhenEmpty: true,
  View: TopCloudEdgeCustomers,
})
