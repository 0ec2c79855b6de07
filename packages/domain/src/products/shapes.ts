import * as z from 'zod'
import { AgentId, CustomerId, EndpointId, Instant, ProductId } from '../kernel/index.ts'
import { Attention } from '../customers/shapes.ts'
import { Family } from './catalogue.ts'
import { components, missingProtections } from './protection.ts'

/** PRD-2: 20 letters or digits at most (any script's letters; spaces are not). */
export const ProductDescription = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}]{1,20}$/u, { error: 'description.shape' })

export const NewProduct = z.strictObject({ typeId: z.string().max(40), description: ProductDescription })
export type NewProduct = z.infer<typeof NewProduct>

/** AGT-2. `pending`: its key was made and not yet used. Texts with cause and remedy: `agent-state.<state>`, `.cause`, `.remedy`. */
export const agentStates = [
  'pending',
  'online',
  'offline',
  'abnormal',
  'disabled',
  'unknown',
  'plug-in-error',
  'unregistered',
  'version-mismatch',
] as const
export const AgentState = z.enum(agentStates)
export type AgentState = z.infer<typeof AgentState>

export const Agent = z.object({
  id: AgentId,
  state: AgentState,
  /** Why, as reported or seen, for `plug-in-error` and `version-mismatch`: text key below `agent-cause.`; null where the state says it all. */
  cause: z.string().nullable(),
  hostname: z.string(),
  platform: z.string(),
  version: z.string(),
  /** Null: not known, or the customer does not consent to its being seen (ACC-12). */
  address: z.string().nullable(),
  lastSeenAt: Instant.nullable(),
  registeredAt: Instant,
  /** The agent whose identity this one was found to share (R10); both are kept. */
  clonedFromId: AgentId.nullable(),
  /** `endpoint`: a machine of a site, enrolled with an endpoint key; it does not speak for the product (AGT-8). */
  role: z.enum(['own', 'endpoint']),
  /** Host name of the site server through which it reports, or last did; null: it reports directly. */
  through: z.string().nullable(),
  /** AGT-8: what it holds back of its site's endpoints, and since when; null: nothing, or it is no site server. */
  held: z.object({ records: z.number().int(), since: Instant }).nullable(),
  /** By what it is connected, or was last: a WebSocket, or HTTPS long polling where that can't be had; null: not connected yet. */
  carrier: z.enum(['websocket', 'polling']).nullable(),
  /** Why by long polling, as the agent says: text key below `agent.connection.`; null: it is not, or did not say. */
  pollingReason: z.string().nullable(),
  /** What its engines can be told to do now, and why not what they can't (AGT-7). */
  commands: z.array(z.object({ type: z.string(), isSupported: z.boolean(), reason: z.string().nullable() })),
})
export type Agent = z.infer<typeof Agent>

/** What it says it had to give up in the last 30 days (its disk was full, its queue's limit reached): records that are nowhere. `reason`: of the newest, text key below `agent-gap.`; null: nothing. */
export const ListedAgent = Agent.extend({ lost: z.object({ records: z.number().int(), at: Instant, reason: z.string() }).nullable() })
export type ListedAgent = z.infer<typeof ListedAgent>

export const Product = z.object({
  id: ProductId,
  customerId: CustomerId,
  customerName: z.string(),
  /** A name, always visible; not a secret (PRD-2). */
  guid: z.uuid(),
  typeId: z.string(),
  family: Family,
  description: z.string(),
  /** State of its newest agent; `pending` before any. */
  state: AgentState,
  attention: Attention,
  endpointCount: z.number().int(),
  lastSeenAt: Instant.nullable(),
  /** PRD-8: the delay promised for this source; past it figures are stale. */
  freshForSeconds: z.number().int(),
  isStale: z.boolean(),
  /** A key waits to be used until then; null: none. */
  keyExpiresAt: Instant.nullable(),
  createdAt: Instant,
  version: z.number().int(),
})
export type Product = z.infer<typeof Product>

/** How to connect a product (PRD-2, AGT-1). The key is shown here once and kept only as a hash. */
export const ConnectInstructions = z.object({
  guid: z.uuid(),
  key: z.string(),
  expiresAt: Instant,
  /** One line to paste in a root shell: carries address, GUID, key and the certificate's fingerprint. */
  installCommand: z.string(),
  /** The same by the package of Debian and its kin. */
  debCommand: z.string(),
  /** The same with the customer's registration credentials in place of the key: it lasts, and asks for the password (CUS-6). Null: none were made. */
  credentialsCommand: z.string().nullable(),
  /** SHA-256 of the installation's CA certificate, hex with colons. */
  caFingerprint: z.string(),
})

export const realTimeScanStates = ['on', 'on-not-protecting', 'off', 'unsupported', 'unknown'] as const

/** What an engine last said of itself (AGT-7). All null before its first report. */
export const EngineState = z.object({
  engine: z.string(),
  engineVersion: z.string().nullable(),
  /** Pattern (signature) version; null: unknown, never 0. */
  patternVersion: z.string().nullable(),
  patternBuiltAt: Instant.nullable(),
  /** Last successful check for new components, whether or not it brought any. */
  updateCheckedAt: Instant.nullable(),
  realTimeScan: z.enum(realTimeScanStates),
  scan: z.object({ isRunning: z.boolean(), startedAt: Instant.nullable(), finishedAt: Instant.nullable() }),
  /** Text key below `engine-problem.`: engine missing, stopped, update failed ...; null: none. */
  problem: z.string().nullable(),
})
export type EngineState = z.infer<typeof EngineState>

export const platformKinds = ['server', 'desktop'] as const

export const Endpoint = z.object({
  id: EndpointId,
  customerId: CustomerId,
  customerName: z.string(),
  /** The customer's tags. */
  tags: z.array(z.string()),
  productId: ProductId,
  productName: z.string(),
  typeId: z.string(),
  name: z.string(),
  /** Its group's key: a default one's text is `group.<key>`. */
  group: z.string(),
  /** What people called the group; null: a default one. */
  groupLabel: z.string().nullable(),
  /** Null: the customer does not consent to their being seen (ACC-12). */
  addresses: z.array(z.string()).nullable(),
  platform: z.string(),
  /** What the platform says of its kind; null: it does not say (most Linux systems). */
  platformKind: z.enum(platformKinds).nullable(),
  agentId: AgentId.nullable(),
  agentVersion: z.string().nullable(),
  /** What its agent's engines can be told to do now, and why not what they can't (AGT-7); empty: not known. */
  commands: Agent.shape.commands,
  /** SHA-256 of what makes its agent's machine this one (AGT-9), hex; null: without an agent of its own. */
  fingerprint: z.string().nullable(),
  state: AgentState,
  engine: EngineState.nullable(),
  /** INV-1: why nobody knows that it is protected; null: nothing speaks against it. */
  missingProtection: z.enum(missingProtections).nullable(),
  /** INV-1: what of it lags behind the rest of the business. */
  outdated: z.array(z.enum(components)),
  /** Infections now open on it (mission §0). */
  openInfections: z.number().int(),
  lastSeenAt: Instant.nullable(),
  /** When we received its last report, and when the agent says it made it (PRD-8). */
  collectedAt: Instant.nullable(),
  receivedAt: Instant.nullable(),
  /** PRD-8: the delay promised for its source, and whether what is shown of it is older. Never reported is not stale: there is nothing that could be. */
  freshForSeconds: z.number().int(),
  isStale: z.boolean(),
})
export type Endpoint = z.infer<typeof Endpoint>

/** INV-1: one address of an endpoint, from the first report that named it to the last. */
export const AddressSpan = z.object({ address: z.string(), firstSeenAt: Instant, lastSeenAt: Instant, isCurrent: z.boolean() })
export type AddressSpan = z.infer<typeof AddressSpan>

/** What only its own page says. */
export const EndpointDetails = Endpoint.extend({
  /** Those it has, then the fifty it had last. Null: the customer does not consent to their being seen (ACC-12). */
  addressHistory: z.array(AddressSpan).nullable(),
  /** What it was called before, newest first; also what was merged into it. A few. */
  formerNames: z.array(z.string()),
  /** The newest that any endpoint of the business has of its engine: what `outdated` was measured by. Null: without an engine. */
  newest: z.object({ patternBuiltAt: Instant.nullable(), engineVersion: z.string().nullable() }).nullable(),
})
export type EndpointDetails = z.infer<typeof EndpointDetails>

/** Node of the network tree (PRD-3): products of a customer, their groups, endpoints below (asked for page by page). */
export const TreeProduct = z.object({
  product: Product,
  groups: z.array(z.object({ name: z.string(), label: z.string().nullable(), endpointCount: z.number().int() })),
})

/** PRD-3: a group of a product's endpoints. */
export const EndpointGroup = z.object({
  /** Its key for ever; a default one's text is `group.<name>`. */
  name: z.string(),
  /** What people called it; null: a default group, which can neither be renamed nor deleted. */
  label: z.string().nullable(),
  endpointCount: z.number().int(),
  version: z.number().int(),
})
export type EndpointGroup = z.infer<typeof EndpointGroup>

/** Shown beside the default groups: one line, no control characters. */
export const GroupLabel = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u, { error: 'group.shape' })
export const groupsPerProduct = 200
