export * as commandsApi from './api.ts'
export { Command } from './api.ts'
export * from './contradictions.ts'
export * from './types.ts'
