import { notifications as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { Notifications } from './Notifications.tsx'

export const notifications = defineWidget({
  figure,
  sketch: 'list',
  views: [],
  isEmpty: (value) => value.total.count === 0,
  isGoodWhenEmpty: true,
  View: Notifications,
})
