import * as z from 'zod'
import { AgentId, Instant } from '../kernel/index.ts'

/**
 * The endpoint checker (AGT-10): what `vigie-agent check --json` writes, what the remote command `check` tells as evidence, and what the console reads when somebody
 * asks why an endpoint does not show (INV-2). In the order in which a fault hides those after it.
 */
export const checkSteps = ['process', 'network', 'connection-target', 'requirements', 'engine'] as const
export type CheckStep = (typeof checkSteps)[number]
/** Worst first. `warning`: works, but not as it should. `not-run`: could not be looked at, because of what failed before or for lack of rights. */
export const checkResults = ['failed', 'warning', 'ok', 'not-run'] as const
export type CheckResult = (typeof checkResults)[number]

/** Every finding the checker makes, by step. Texts: `check.<step>.<finding>` (a label). A newer agent may find more (R19). */
export const checkFindings = {
  process: ['registered', 'service', 'running', 'socket', 'state-folder', 'clone'],
  network: ['name', 'port', 'proxy-name', 'proxy', 'proxy-tunnel'],
  'connection-target': ['certificate', 'answer', 'channel', 'clock', 'state', 'carrier'],
  requirements: ['platform', 'glibc', 'memory', 'disk', 'rights', 'on-access'],
  engine: ['engine', 'real-time-scan', 'signatures'],
} as const satisfies Record<CheckStep, readonly string[]>

const Word = z.string().regex(/^[a-z0-9-]{1,60}$/)
export const CheckFinding = z.object({
  finding: Word,
  result: z.enum(checkResults).catch('failed'),
  /** Facts, as they are: addresses, versions, sizes. From the machine, hence hostile text. */
  detail: z.string().max(500).nullable(),
  /** Text key of what is wrong; its way out has the same key and `.remedy`. Null: nothing is wrong. */
  problem: z
    .string()
    .regex(/^[a-z0-9.-]{1,120}$/)
    .nullable(),
})
export type CheckFinding = z.infer<typeof CheckFinding>

export const CheckReport = z.object({
  format: z.literal('vigie-agent check 1'),
  at: Instant,
  hostname: z.string().max(255),
  platform: z.string().max(255),
  /** As the server knows the machine; null: could not be reckoned. */
  fingerprint: z.string().max(64).nullable(),
  addresses: z.array(z.string().max(255)).max(50),
  agentVersion: z.string().max(60),
  /** Null where no agent is registered. */
  agentId: AgentId.nullable(),
  guid: z.uuid().nullable(),
  server: z.string().max(300).nullable(),
  isProxied: z.boolean(),
  /** Server's clock minus the machine's. */
  clockOffsetMs: z.number().nullable(),
  steps: z
    .array(z.object({ step: z.enum(checkSteps), result: z.enum(checkResults), findings: z.array(CheckFinding).max(50) }))
    .max(checkSteps.length),
  /** The worst of the steps. */
  result: z.enum(checkResults),
})
export type CheckReport = z.infer<typeof CheckReport>

/** Nothing looked at is not run; one thing that could not be seen does not spoil those that are good. */
export const worstOf = (results: readonly CheckResult[]): CheckResult =>
  checkResults.find((result) => results.includes(result)) ?? 'not-run'

/** What a person must mend first: the first finding that failed, else the first that warns; null: nothing. */
export function firstFault({ steps }: Pick<CheckReport, 'steps'>): (CheckFinding & { step: CheckStep }) | null {
  for (const wanted of ['failed', 'warning'] as const) {
    for (const { step, findings } of steps) {
      const found = findings.find(({ result }) => result === wanted)
      if (found) return { ...found, step }
    }
  }
  return null
}
