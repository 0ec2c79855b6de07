export { EndpointTable } from './EndpointTable.tsx'
export { useEndpointCommands } from './useEndpointCommands.ts'
