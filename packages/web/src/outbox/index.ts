import { screen } from '../kit/index.ts'

export const screens = [screen('/administration/outbox', () => import('./OutboxPage.tsx'))]
