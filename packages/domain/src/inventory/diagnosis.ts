import * as z from 'zod'
import { CheckReport, firstFault, type CheckStep } from '../agents/index.ts'
import { AgentId, CustomerId, Instant, ProductId } from '../kernel/index.ts'
import { AgentState, Endpoint, type AgentState as State } from '../products/shapes.ts'

/** INV-2, "my endpoint does not show": the four steps in the order in which a fault hides those after it (seed 004). Texts: `inventory.diagnosis.step.<step>`. */
export const diagnosisSteps = ['process', 'network', 'connection-target', 'collect'] as const
export type DiagnosisStep = (typeof diagnosisSteps)[number]

/** An agent that may be the one sought. */
export const SuspectAgent = z.object({
  id: AgentId,
  hostname: z.string(),
  state: AgentState,
  cause: z.string().nullable(),
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  productName: z.string(),
  lastSeenAt: Instant.nullable(),
  isClone: z.boolean(),
  /** Endpoints that it reports. */
  endpointCount: z.number().int(),
  /** Of the last 7 days: what it told and could not be stored, and why the newest could not. */
  deadLetters: z.object({ count: z.number().int(), reason: z.string().nullable() }),
})
export type SuspectAgent = z.infer<typeof SuspectAgent>
/** A product that the GUID names, or that refused an enrolment. */
export const SuspectProduct = z.object({
  id: ProductId,
  name: z.string(),
  customerId: CustomerId,
  customerName: z.string(),
  state: AgentState,
  keyState: z.enum(['none', 'waiting', 'expired', 'used']),
})
export type SuspectProduct = z.infer<typeof SuspectProduct>
export const Refusal = z.object({
  at: Instant,
  reason: z.string(),
  hostname: z.string(),
  platform: z.string(),
  addresses: z.array(z.string()).nullable(),
  agentVersion: z.string(),
  productId: ProductId,
  productName: z.string(),
  customerId: CustomerId,
  customerName: z.string(),
})
export type Refusal = z.infer<typeof Refusal>

/** What Vigie knows of what was asked for, best first, a few of each; only what the person may see. */
export const Known = z.object({
  endpoints: z.array(Endpoint),
  agents: z.array(SuspectAgent),
  products: z.array(SuspectProduct),
  refusals: z.array(Refusal),
})
export type Known = z.infer<typeof Known>

/**
 * What was found. `shows`: it is in the inventory. Others name what is wrong; texts `inventory.diagnosis.<finding>`, `.remedy`. `agent-state`, `refused` and `checked` have a text of their own already: of
 * the state, of the problem, of the checker's finding.
 */
export const findings = [
  'shows',
  'checked',
  'checked-fine',
  'agent-unregistered',
  'agent-disabled',
  'agent-clone',
  'agent-version',
  'agent-silent',
  'agent-plug-in',
  'agent-no-report',
  'agent-dead-letters',
  'refused',
  'key-expired',
  'key-waiting',
  'no-key',
  'never-heard',
] as const
export type Finding = (typeof findings)[number]

export const Verdict = z.object({
  /** The step that failed; null: it shows, nothing failed. */
  step: z.enum(diagnosisSteps).nullable(),
  finding: z.enum(findings),
  /** What it is about: the checker's problem (text key), the code of the problem it was refused with, the reason of a dead letter. */
  cause: z.string().nullable(),
  /** To run on the machine next; null: what is to be done is done here. */
  command: z.string().nullable(),
})
export type Verdict = z.infer<typeof Verdict>

/** Beyond this we say that we did not find it (it was heard once, long ago, as something else perhaps). Days. */
export const refusalsKeptDays = 7
const check = 'sudo vigie-agent check'
const collect = 'sudo vigie-agent collect'

const stepOfCheck: Readonly<Record<CheckStep, DiagnosisStep>> = {
  process: 'process',
  network: 'network',
  'connection-target': 'connection-target',
  requirements: 'collect',
  engine: 'collect',
}

/**
 * Which of the four steps failed, by what Vigie knows and, where somebody pasted it, by what the machine's own checker says. What the machine says of itself goes before what we
 * guess from its silence; that it shows goes before everything.
 */
export function verdictOf(known: Known, report: CheckReport | null): Verdict {
  const shown = known.endpoints.find(
    (endpoint) => isSought(endpoint, report) && endpoint.state === 'online' && endpoint.receivedAt !== null,
  )
  if (shown) return { step: null, finding: 'shows', cause: null, command: null }
  const fault = report && firstFault(report)
  if (fault)
    return {
      step: stepOfCheck[fault.step],
      finding: 'checked',
      cause: fault.problem ?? `check.${fault.step}.${fault.finding}`,
      command: check,
    }
  const agent = known.agents.find(({ id }) => id === report?.agentId) ?? known.agents[0]
  if (agent) return ofAgent(agent, known)
  const [refusal] = known.refusals
  if (refusal) return { step: 'connection-target', finding: 'refused', cause: refusal.reason, command: null }
  const [product] = known.products
  if (product) return ofProduct(product)
  if (known.endpoints.length > 0) return { step: null, finding: 'shows', cause: null, command: null }
  if (report) return { step: 'connection-target', finding: 'checked-fine', cause: null, command: collect }
  return { step: 'process', finding: 'never-heard', cause: null, command: check }
}

/** Without a report everything found was asked for by name or address; with one, it must be that machine's agent. */
const isSought = (endpoint: Endpoint, report: CheckReport | null): boolean => report?.agentId == null || endpoint.agentId === report.agentId

const byState: Partial<Record<State, Verdict>> = {
  unregistered: { step: 'connection-target', finding: 'agent-unregistered', cause: null, command: null },
  disabled: { step: 'connection-target', finding: 'agent-disabled', cause: null, command: null },
  'version-mismatch': { step: 'connection-target', finding: 'agent-version', cause: null, command: null },
  'plug-in-error': { step: 'collect', finding: 'agent-plug-in', cause: null, command: check },
  offline: { step: 'network', finding: 'agent-silent', cause: null, command: check },
  abnormal: { step: 'network', finding: 'agent-silent', cause: null, command: check },
  unknown: { step: 'network', finding: 'agent-silent', cause: null, command: check },
}

function ofAgent(agent: SuspectAgent, known: Known): Verdict {
  if (agent.cause === 'is-clone')
    return { step: 'connection-target', finding: 'agent-clone', cause: null, command: 'sudo vigie-agent check' }
  const wrong = byState[agent.state]
  if (wrong) return { ...wrong, cause: agent.cause }
  if (agent.deadLetters.count > 0 && agent.endpointCount === 0)
    return { step: 'collect', finding: 'agent-dead-letters', cause: agent.deadLetters.reason, command: collect }
  if (agent.endpointCount === 0) return { step: 'collect', finding: 'agent-no-report', cause: null, command: collect }
  return known.endpoints.length > 0 || agent.endpointCount > 0
    ? { step: null, finding: 'shows', cause: null, command: null }
    : { step: 'collect', finding: 'agent-no-report', cause: null, command: collect }
}

function ofProduct({ keyState }: SuspectProduct): Verdict {
  if (keyState === 'expired') return { step: 'connection-target', finding: 'key-expired', cause: null, command: null }
  if (keyState === 'waiting') return { step: 'process', finding: 'key-waiting', cause: null, command: check }
  return {
    step: 'process',
    finding: keyState === 'none' ? 'no-key' : 'never-heard',
    cause: null,
    command: keyState === 'none' ? null : check,
  }
}

/** How each step stands: those before the failed one went well, those after were not reached. */
export function stepStates({ step }: Verdict): Record<DiagnosisStep, 'ok' | 'failed' | 'not-reached'> {
  const failed = step === null ? diagnosisSteps.length : diagnosisSteps.indexOf(step)
  return Object.fromEntries(diagnosisSteps.map((one, n) => [one, n < failed ? 'ok' : n === failed ? 'failed' : 'not-reached'])) as Record<
    DiagnosisStep,
    'ok' | 'failed' | 'not-reached'
  >
}

/** What somebody typed or pasted: the checker's output, or words to search by. Something that begins like JSON and is none of ours is said to be so. */
export function readSought(
  text: string,
): { kind: 'report'; report: CheckReport } | { kind: 'words'; words: string } | { kind: 'unreadable' } {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return { kind: 'words', words: trimmed.slice(0, 200) }
  try {
    const parsed = CheckReport.safeParse(JSON.parse(trimmed))
    return parsed.success ? { kind: 'report', report: parsed.data } : { kind: 'unreadable' }
  } catch {
    return { kind: 'unreadable' }
  }
}
