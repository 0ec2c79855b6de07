import { customersOverTime as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { CustomersOverTime } from './CustomersOverTime.tsx'

export const customersOverTime = defineWidget({
  figure,
  sketch: 'bars',
  views: ['chart', 'table'],
  range: '3m',
  isEmpty: (value) => value.bars.every(({ count }) => count === 0),
  View: CustomersOverTime,
})
