import { licenceUsage as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { LicenceUsage } from './LicenceUsage.tsx'

export const licenceUsage = defineWidget({
  figure,
  sketch: 'bars',
  views: ['chart', 'table'],
  isEmpty: (value) => [...value.seats, ...value.seatsUsed].every((count) => count === 0),
  View: LicenceUsage,
})
