export { wakeAgent } from '../commands/index.ts'
export { startAgentSide, type AgentSide, type AgentSideOptions } from './side.ts'
