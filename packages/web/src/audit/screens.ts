import { screen } from '../kit/screen.ts'

export const screens = [screen('/administration/audit', () => import('./AuditPage.tsx'))]
