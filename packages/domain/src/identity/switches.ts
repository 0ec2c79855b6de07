import * as z from 'zod'
import { AgentId, CustomerId, Instant, ProductId } from '../kernel/index.ts'

/**
 * A product's agents leave for another installation, or another product of this one: all or none (AGT-11, "switch connection"). Texts: `switch-state.<state>`.
 * - `waiting`: for a second person; `delayed`: there is none, it begins in an hour and the owners were told (R16).
 * - `preparing`: each agent registers at the new side beside its present registration; one that can't makes an end of the whole.
 * - `switching`: all are welcome there: it is decided, and each goes over; who is away follows when it is back.
 * - `giving-up`: agents drop the registration they made.
 */
export const switchStates = ['waiting', 'delayed', 'preparing', 'switching', 'done', 'giving-up', 'given-up', 'refused'] as const
export type SwitchState = (typeof switchStates)[number]
/** Before the decision it can be given up. */
export const canGiveUp = (state: SwitchState): boolean => ['waiting', 'delayed', 'preparing'].includes(state)

/** Of one agent. `returned`: it went over, was not welcome there, and came back by itself. Texts: `switch-step.<step>`. */
export const switchSteps = ['planned', 'preparing', 'prepared', 'switching', 'switched', 'returned', 'failed', 'left'] as const
export type SwitchStep = (typeof switchSteps)[number]

export const ConnectionSwitch = z.object({
  id: z.uuid(),
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  productName: z.string(),
  state: z.enum(switchStates),
  /** `https://host:port` of the new side. */
  server: z.string(),
  /** Of the product there. */
  guid: z.uuid(),
  /** It is a product of this installation: endpoints keep their history. */
  isInternal: z.boolean(),
  agentCount: z.number().int(),
  preparedCount: z.number().int(),
  switchedCount: z.number().int(),
  /** Agents that could not, or came back. */
  troubledCount: z.number().int(),
  /** Why it was given up: text key below `switch-cause.`; null: it was not. */
  cause: z.string().nullable(),
  reason: z.string(),
  createdAt: Instant,
  createdBy: z.string(),
  /** When a delayed one begins. */
  startsAt: Instant.nullable(),
  approvedBy: z.string().nullable(),
  /** Until then all must be prepared: the keys in the code end. */
  expiresAt: Instant,
  endedAt: Instant.nullable(),
  /** The person who asks gave it: somebody else must approve it. */
  isOwn: z.boolean(),
})
export type ConnectionSwitch = z.infer<typeof ConnectionSwitch>

export const SwitchAgent = z.object({
  id: AgentId,
  name: z.string(),
  role: z.enum(['own', 'endpoint']),
  step: z.enum(switchSteps),
  /** Text key below `command-reason.`; null: none. */
  reason: z.string().nullable(),
  at: Instant,
})
export type SwitchAgent = z.infer<typeof SwitchAgent>

export interface SwitchView {
  state: SwitchState
  startsAt: Date | null
  expiresAt: Date
  agents: readonly { role: 'own' | 'endpoint'; step: SwitchStep; isUnderWay: boolean }[]
}
export type SwitchMove =
  | { kind: 'wait' }
  | { kind: 'start' }
  | { kind: 'give-up'; cause: 'agent-failed' | 'expired' }
  | { kind: 'decide' }
  | { kind: 'done' }
  | { kind: 'given-up' }
  /** Orders to those who have none under way: to these roles, in these steps. */
  | { kind: 'order'; step: 'prepare' | 'switch' | 'give-up'; from: readonly SwitchStep[]; role: 'own' | 'endpoint' | null }

/**
 * What comes next. The site server prepares first, since its endpoints register through it, and goes last, since they tell their goodbye through it. Before the decision anything that fails ends the whole;
 * after it nothing does: who is away, or came back, is told again. Pure.
 */
export function nextSwitchMove({ state, startsAt, expiresAt, agents }: SwitchView, now: Date): SwitchMove {
  const all = (steps: readonly SwitchStep[], role: 'own' | 'endpoint' | null = null) =>
    agents.every((one) => (role !== null && one.role !== role) || steps.includes(one.step))
  const order = (step: 'prepare' | 'switch' | 'give-up', from: readonly SwitchStep[], role: 'own' | 'endpoint' | null): SwitchMove =>
    agents.some((one) => !one.isUnderWay && from.includes(one.step) && (role === null || one.role === role))
      ? { kind: 'order', step, from, role }
      : { kind: 'wait' }
  switch (state) {
    case 'delayed':
      return startsAt !== null && startsAt <= now ? { kind: 'start' } : { kind: 'wait' }
    case 'preparing':
      if (agents.some(({ step }) => step === 'failed')) return { kind: 'give-up', cause: 'agent-failed' }
      if (all(['prepared'])) return { kind: 'decide' }
      if (expiresAt <= now) return { kind: 'give-up', cause: 'expired' }
      return all(['prepared'], 'own')
        ? order('prepare', ['planned', 'preparing'], 'endpoint')
        : order('prepare', ['planned', 'preparing'], 'own')
    case 'switching':
      if (all(['switched'])) return { kind: 'done' }
      return all(['switched'], 'endpoint')
        ? order('switch', ['prepared', 'switching', 'returned', 'failed'], 'own')
        : order('switch', ['prepared', 'switching', 'returned', 'failed'], 'endpoint')
    case 'giving-up':
      return all(['planned', 'left', 'failed']) ? { kind: 'given-up' } : order('give-up', ['preparing', 'prepared'], null)
    default:
      return { kind: 'wait' }
  }
}
