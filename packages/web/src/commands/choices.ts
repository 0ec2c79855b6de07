import { plainCommandTypes, type CommandType } from '@vigie/domain/commands'
import type { Agent, AgentState } from '@vigie/domain/products'

/** One command for a target, and why it can't be sent now; text key. */
export interface CommandChoice {
  type: CommandType
  disabledReason: string | undefined
}

/** Agents in these states take no order at all. An agent that is merely offline gets it when it returns. */
const deaf: readonly AgentState[] = ['pending', 'unregistered', 'disabled', 'version-mismatch']

/** Why nothing can be sent to a target in this state; undefined: it can. */
export const stateBlocks = (state: AgentState): string | undefined => (deaf.includes(state) ? `command-reason.agent-${state}` : undefined)

/**
 * AGT-3, AGT-7: what a product's agents can be told now. A command is possible when one agent takes it; else the reason is the best one's: an agent that
 * listens but whose engine can't, before one that does not listen.
 * @param types what the product's type declares; null: what we know
 */
export function choicesFor(agents: readonly Pick<Agent, 'state' | 'commands'>[], types: readonly CommandType[] | null): CommandChoice[] {
  return (types ?? plainCommandTypes)
    .filter((type) => plainCommandTypes.includes(type))
    .map((type) => ({ type, disabledReason: reasonAgainst(agents, type) }))
}

function reasonAgainst(agents: readonly Pick<Agent, 'state' | 'commands'>[], type: CommandType): string | undefined {
  if (agents.length === 0) return 'command-reason.agent-pending'
  const listening = agents.filter((agent) => stateBlocks(agent.state) === undefined)
  if (listening.length === 0) return stateBlocks(agents[0]!.state)
  const verdicts = listening.map((agent) => agent.commands.find((command) => command.type === type))
  // Before an agent's first report nothing is known against it: the server decides.
  if (verdicts.some((verdict) => verdict === undefined || verdict.isSupported)) return undefined
  return `command-reason.${verdicts.find((verdict) => verdict?.reason)?.reason ?? 'not-supported'}`
}
