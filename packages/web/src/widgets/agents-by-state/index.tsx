import { agentsByState as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { AgentsByState } from './AgentsByState.tsx'

export const agentsByState = defineWidget({
  figure,
  sketch: 'meter',
  views: [],
  isEmpty: (value) => value.total.count === 0,
  View: AgentsByState,
})
