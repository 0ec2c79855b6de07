import { screen } from '../kit/screen.ts'

export const screens = [screen('/inventory', () => import('./InventoryPage.tsx'))]
