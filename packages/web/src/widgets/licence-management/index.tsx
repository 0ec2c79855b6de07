import { licenceManagement as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { LicenceManagement } from './LicenceManagement.tsx'

export const licenceManagement = defineWidget({
  figure,
  sketch: 'table',
  views: [],
  isEmpty: (value) => value.licences.count === 0,
  View: LicenceManagement,
})
