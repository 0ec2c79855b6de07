import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/products', () => import('./ProductsPage.tsx')),
  screen('/customers/:customerId/products/new', () => import('./NewProductPage.tsx')),
  screen('/products/:productId', () => import('./ProductPage.tsx')),
  screen('/products/:productId/connect', () => import('./ConnectPage.tsx')),
]
