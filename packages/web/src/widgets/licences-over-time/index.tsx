import { licencesOverTime as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { LicencesOverTime } from './LicencesOverTime.tsx'

export const licencesOverTime = defineWidget({
  figure,
  sketch: 'bars',
  views: ['chart', 'table'],
  range: '1m',
  isEmpty: (value) => value.bars.every(({ count }) => count === 0),
  View: LicencesOverTime,
})
