import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/inventory', () => import('./InventoryPage.tsx')),
  screen('/inventory/missing', () => import('./MissingEndpointPage.tsx'), { isExplaining: true }),
]
