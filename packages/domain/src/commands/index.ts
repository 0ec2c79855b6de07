export * as commandsApi from './api.ts'
export { Command } from './api.ts'
export * from './types.ts'
