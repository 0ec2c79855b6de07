import { screen } from '../kit/index.ts'

export { EndpointTable } from './EndpointTable.tsx'
export { useEndpointCommands } from './useEndpointCommands.ts'

export const screens = [screen('/inventory', () => import('./InventoryPage.tsx'))]
