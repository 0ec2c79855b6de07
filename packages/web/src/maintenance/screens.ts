import { screen } from '../kit/screen.ts'

export const screens = [screen('/maintenance', () => import('./MaintenancePage.tsx')), screen('/maintenance/:windowId', () => import('./WindowPage.tsx'))]
