import type { Agent } from '@vigie/domain/products'

export interface AgentLine {
  agent: Agent
  /** Host name of the agent whose identity this one was found to share; null: none, or it is gone. */
  clonedFrom: string | null
  isClone: boolean
}

/** R10: each clone stands under its original, oldest first; one whose original is gone stands by itself, still marked. */
export function agentLines(agents: readonly Agent[]): AgentLine[] {
  const byId = new Map(agents.map((agent) => [agent.id, agent]))
  const oldestFirst = agents.toSorted((a, b) => a.registeredAt.localeCompare(b.registeredAt))
  const lines: AgentLine[] = []
  const put = (agent: Agent) => {
    if (lines.some((line) => line.agent.id === agent.id)) return
    lines.push({
      agent,
      isClone: agent.clonedFromId !== null,
      clonedFrom: agent.clonedFromId === null ? null : (byId.get(agent.clonedFromId)?.hostname ?? null),
    })
    for (const clone of oldestFirst) if (clone.clonedFromId === agent.id) put(clone)
  }
  for (const agent of oldestFirst) if (agent.clonedFromId === null || !byId.has(agent.clonedFromId)) put(agent)
  for (const agent of oldestFirst) put(agent)
  return lines
}
