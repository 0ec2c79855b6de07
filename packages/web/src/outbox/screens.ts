import { screen } from '../kit/screen.ts'

export const screens = [screen('/administration/outbox', () => import('./OutboxPage.tsx'))]
