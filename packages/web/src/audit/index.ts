import { screen } from '../kit/index.ts'

export const screens = [screen('/administration/audit', () => import('./AuditPage.tsx'))]
