import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/orders', () => import('./OrdersPage.tsx')),
  screen('/orders/new', () => import('./NewOrderPage.tsx')),
  screen('/orders/:orderId', () => import('./OrderPage.tsx')),
  screen('/administration/orders', () => import('./OrderRulesPage.tsx')),
]
