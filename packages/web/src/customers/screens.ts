import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/customers', () => import('./CustomersPage.tsx')),
  screen('/customers/new', () => import('./NewCustomerPage.tsx')),
  screen('/customers/:customerId/next', () => import('./NextStepsPage.tsx')),
  screen('/customers/:customerId', () => import('./CustomerPage.tsx')),
]
