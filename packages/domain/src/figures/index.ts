import { agentsByState } from './agents-by-state.ts'
import { attention } from './attention.ts'

export * as figuresApi from './api.ts'
export { defineFigure, type Figure } from './define.ts'
export { agentsByState, attention }
export const figures = [agentsByState, attention] as const
