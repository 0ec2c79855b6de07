import { system as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { System } from './System.tsx'

export const system = defineWidget({
  figure,
  sketch: 'table',
  views: [],
  isEmpty: (value) => value.actionRequired.count + value.warning.count === 0,
  isGoodWhenEmpty: true,
  View: System,
})
