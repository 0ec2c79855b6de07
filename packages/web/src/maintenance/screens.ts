import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/administration/maintenance', () => import('./MaintenancePage.tsx')),
  screen('/administration/maintenance/:windowId', () => import('./WindowPage.tsx')),
]
