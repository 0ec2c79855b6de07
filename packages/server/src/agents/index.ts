export { commandKeyOf } from './enrol.ts'
export { letGoForGood } from './going.ts'
export { wakeAgent } from '../commands/index.ts'
export { showAuthority, startAgentSide, type AgentSide, type AgentSideOptions } from './side.ts'
