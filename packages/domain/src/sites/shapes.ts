import * as z from 'zod'
import { AgentId, Instant } from '../kernel/index.ts'
import { AgentState } from '../products/shapes.ts'

/** R9: machines that one endpoint key may enrol at most. */
export const maxMachinesPerKey = 500

/** A key for the machines of a site: for a counted number of enrolments, 24 h. Its text is shown once and kept as a hash. */
export const EndpointKey = z.object({
  id: z.uuid(),
  machines: z.number().int(),
  used: z.number().int(),
  state: z.enum(['usable', 'used-up', 'expired', 'revoked']),
  expiresAt: Instant,
  createdAt: Instant,
  createdBy: z.string(),
})
export type EndpointKey = z.infer<typeof EndpointKey>

/** AGT-8: a product's site server, and the endpoints of its site. */
export const Site = z.object({
  /** What the site server said of itself; null: nothing yet. */
  server: z
    .object({
      agentId: AgentId,
      hostname: z.string(),
      state: AgentState,
      /** `https://address:port` in the site's network; empty: it does not listen. */
      urls: z.array(z.string()),
      /** Text key below `site-problem.`; null: it listens. */
      problem: z.string().nullable(),
      reportedAt: Instant,
      /**
       * What it had taken from its endpoints and not yet passed on when it last said so: on a slow line it grows. The endpoints keep all of it until Vigie has it. `since`: when it took the oldest; null: nothing waits.
       * Null: it does not say (an older agent).
       */
      held: z.object({ records: z.number().int(), sizeBytes: z.number().int(), since: Instant.nullable(), saidAt: Instant }).nullable(),
    })
    .nullable(),
  /** Agents of the site's endpoints. `through`: connected through the site server now; `direct`: by themselves. */
  endpoints: z.object({ all: z.number().int(), through: z.number().int(), direct: z.number().int(), away: z.number().int() }),
  /** The newest 50. */
  keys: z.array(EndpointKey),
})
export type Site = z.infer<typeof Site>

/** How the machines of a site are connected. The key is shown here once. */
export const SiteInstructions = z.object({
  id: z.uuid(),
  guid: z.uuid(),
  key: z.string(),
  machines: z.number().int(),
  expiresAt: Instant,
  /** One line to paste in a root shell, for each way: through the site server at this address, or (`url` null) straight to Vigie. */
  commands: z.array(z.object({ url: z.string().nullable(), installCommand: z.string() })),
})
export type SiteInstructions = z.infer<typeof SiteInstructions>
