export { takeWaiting } from './delivery.ts'
export { applyOutcomes } from './outcomes.ts'
export { agentChannel, wakeAgent, type AgentNotice } from './wake.ts'
