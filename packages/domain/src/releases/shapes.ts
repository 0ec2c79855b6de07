import * as z from 'zod'
import { ReleaseVersion, releaseTargets } from '../agents/index.ts'
import { Instant } from '../kernel/index.ts'

/** A version of the agent, as a business sees it: released, running somewhere, or both. */
export const AgentVersion = z.object({
  version: z.string(),
  /** Null: no release of it is here; only agents that run it are known. */
  release: z.object({ signedAt: Instant, expiresAt: Instant, isExpired: z.boolean(), targets: z.array(z.enum(releaseTargets)) }).nullable(),
  approval: z.object({ by: z.string(), at: Instant }).nullable(),
  /** Agents that run it, of those the reader sees; unregistered ones don't count. */
  agents: z.number().int(),
  /** Of those that run an older version: whom an order for this version would reach. */
  olderAgents: z.number().int(),
})
export type AgentVersion = z.infer<typeof AgentVersion>

/** Texts: `agent-version-state.<state>`. `running`: agents run it, and no release of it is here. */
export type VersionState = 'approved' | 'offered' | 'expired' | 'running'
export const versionStateOf = ({ release, approval }: Pick<AgentVersion, 'release' | 'approval'>): VersionState =>
  release === null ? 'running' : release.isExpired ? 'expired' : approval === null ? 'offered' : 'approved'

export const AgentVersions = z.object({
  rows: z.array(AgentVersion),
  /** The newest approved: agents below it are outdated. Null: nothing is approved. */
  approved: ReleaseVersion.nullable(),
  /** Has the operator of this installation said whose releases are believed (`vigie release trust`)? */
  hasRoot: z.boolean(),
})
export type AgentVersions = z.infer<typeof AgentVersions>
