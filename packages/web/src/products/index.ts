import { screen } from '../kit/index.ts'

export { NetworkTree, treeOf } from './NetworkTree.tsx'
export { catalogue, typeName } from './catalogue.ts'
export { TypeCards } from './TypeCards.tsx'

export const screens = [
  screen('/customers/:customerId/products/new', () => import('./NewProductPage.tsx')),
  screen('/products/:productId', () => import('./ProductPage.tsx')),
  screen('/products/:productId/connect', () => import('./ConnectPage.tsx')),
]
