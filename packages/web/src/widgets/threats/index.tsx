import { threats as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { Threats } from './Threats.tsx'

export const threats = defineWidget({
  figure,
  sketch: 'bars',
  views: ['chart', 'table'],
  range: '7d',
  isEmpty: (value) => value.total.count === 0,
  isGoodWhenEmpty: true,
  View: Threats,
})
