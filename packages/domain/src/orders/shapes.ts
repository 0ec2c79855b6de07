import * as z from 'zod'
import { commandParams, ReleaseVersion } from '../agents/index.ts'
import { commandSteps, plainCommandTypes, type CommandType } from '../commands/types.ts'
import { AgentId, CommandId, CustomerId, EndpointId, Instant, OrderId, ProductId } from '../kernel/index.ts'
import { orderOutcomes, OrderSettings, OrderUrls, PlaceLine, placeSteps } from './carried.ts'

/** What an order may tell: the plain commands, the switch of agents, and what is carried to many customers (`carried.ts`). Texts: `command.<type>`, `order-deed.<type>`. */
export const switchDeeds = ['disable-agents', 'enable-agents'] as const
export const orderTypes: readonly [OrderType, ...OrderType[]] = [
  plainCommandTypes[0]!,
  ...plainCommandTypes.slice(1),
  'start-outbreak-defence',
  'upgrade-agent',
  'uninstall-agent',
  ...switchDeeds,
  'apply-settings',
  'change-urls',
]
/** What is told beside the type, for those types that need it; it is what their commands carry (`commandParams`). */
export const orderParams = {
  'upgrade-agent': z.strictObject({ version: ReleaseVersion }),
  'start-outbreak-defence': commandParams['start-outbreak-defence'],
  'apply-settings': OrderSettings,
  'change-urls': OrderUrls,
} as const satisfies Partial<Record<OrderType, z.ZodType>>
export const OrderParams = z.union([orderParams['upgrade-agent'], orderParams['start-outbreak-defence'], OrderSettings, OrderUrls])
export type OrderParams = z.infer<typeof OrderParams>
export const paramsShape = (type: OrderType): z.ZodType | null =>
  type in orderParams ? orderParams[type as keyof typeof orderParams] : null
/** The agents' release an order brings; null: it brings none. */
export const versionOf = (params: OrderParams | null): string | null => (params !== null && 'version' in params ? params.version : null)
/** What an order closes, and until when; null: nothing. */
export const closingOf = (params: OrderParams | null): Extract<OrderParams, { until: string }> | null =>
  params !== null && 'until' in params ? params : null
export type OrderType = CommandType | (typeof switchDeeds)[number] | 'change-urls'
export const isSwitch = (type: OrderType): type is (typeof switchDeeds)[number] => (switchDeeds as readonly string[]).includes(type)
/** It sets something at places, customers or products; agents hear of it from there. */
export const isCarrying = (type: OrderType): type is 'apply-settings' | 'change-urls' => type === 'apply-settings' || type === 'change-urls'

/** At most so many agents an order: the estate of a large business. */
export const orderLimit = 50_000

/**
 * Whom an order is for. Fixed as a list of agents when the order is made; whoever is limited to a scope reaches only that. `matching`: all of the conditions given, any of each one's
 * values. The lists: all that the list shows with this filter, as it stands in the list's address.
 */
const targets = [
  z.strictObject({ kind: z.literal('agents'), agentIds: z.array(AgentId).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal('endpoints'), endpointIds: z.array(EndpointId).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal('products'), productIds: z.array(ProductId).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal('customers'), customerIds: z.array(CustomerId).min(1).max(10_000) }),
  z.strictObject({
    kind: z.literal('matching'),
    customerIds: z.array(CustomerId).max(10_000).optional(),
    tags: z.array(z.string().max(50)).max(50).optional(),
    typeIds: z.array(z.string().max(40)).max(50).optional(),
    groups: z.array(z.string().max(80)).max(50).optional(),
  }),
  z.strictObject({ kind: z.literal('customers-list'), filter: z.record(z.string().max(40), z.string().max(2_000)) }),
  z.strictObject({ kind: z.literal('endpoints-list'), filter: z.record(z.string().max(40), z.string().max(2_000)) }),
  /** The agents of another order at which it failed, expired, or ended without word. */
  z.strictObject({ kind: z.literal('failed-of'), orderId: OrderId }),
] as const
/** What a person may choose. */
export const GivenTarget = z.discriminatedUnion('kind', targets)
export type GivenTarget = z.infer<typeof GivenTarget>
/** `undo-of`: where another order did something (`undoOrder`). */
export const OrderTarget = z.discriminatedUnion('kind', [...targets, z.strictObject({ kind: z.literal('undo-of'), orderId: OrderId })])
export type OrderTarget = z.infer<typeof OrderTarget>

/**
 * `draft`: the dry run, nothing was told to anybody. `waiting`: for a second person (R16). `delayed`: all owners were told, it starts at `startsAt`. `paused`: nothing more leaves until
 * somebody resumes it. `halting`: being ended. The last three are ends. Texts: `order-state.<state>`.
 */
export const orderStates = ['draft', 'waiting', 'delayed', 'running', 'paused', 'halting', 'finished', 'halted', 'refused'] as const
export type OrderState = (typeof orderStates)[number]
/** What the list shows: dry runs nobody confirmed are not orders. */
export const shownOrderStates = orderStates.filter((state) => state !== 'draft') as unknown as [OrderState, ...OrderState[]]
export const isEnded = (state: OrderState): boolean => ['finished', 'halted', 'refused'].includes(state)

/** Why an order pauses or halted by itself. Texts: `order-cause.<cause>`. */
export const orderCauses = ['too-many-failures', 'no-word', 'giver-gone'] as const
export type OrderCause = (typeof orderCauses)[number]

/** Where each agent of an order stands. `planned`: its ring has not come yet. Texts: `order-step.<step>`. */
export const orderSteps = ['planned', ...commandSteps, 'skipped'] as const
export type OrderStep = (typeof orderSteps)[number]
export const OrderCounts = z.object(
  Object.fromEntries(orderSteps.map((step) => [step, z.number().int()])) as Record<OrderStep, z.ZodNumber>,
)
export type OrderCounts = z.infer<typeof OrderCounts>
export const noCounts = (): OrderCounts => Object.fromEntries(orderSteps.map((step) => [step, 0])) as OrderCounts

/** What would happen, as of the last look. */
export const DryRun = z.object({
  customers: z.number().int(),
  agents: z.number().int(),
  /** Would get it now or, being offline, when they are back. */
  willGet: z.number().int(),
  /** Of those: not connected now. */
  offline: z.number().int(),
  /** Would not, and why: text key below `command-reason.`; most first. */
  skipped: z.array(z.object({ reason: z.string(), agents: z.number().int() })),
  /** R16: beyond what one person may in a quarter of an hour. */
  isBeyondCaps: z.boolean(),
  /** With `isBeyondCaps`: who has to agree. `delay`: there is nobody else, all owners are told and it waits. */
  needs: z.enum(['nobody', 'second-person', 'delay']),
  /** Names of some customers reached, to recognise the order by. */
  someCustomers: z.array(z.string()),
  /** Somebody's protection gets weaker by what is carried (R16). */
  weakens: z.boolean(),
  /** Of what is carried: at how many places, and why not at the others (text key below `place-reason.`; most first), and what would change, summed up over places; null: it carries nothing. */
  places: z
    .object({
      planned: z.number().int(),
      skipped: z.array(z.object({ reason: z.string(), places: z.number().int() })),
      lines: z.array(z.object({ line: PlaceLine, places: z.number().int() })),
    })
    .nullable(),
})
export type DryRun = z.infer<typeof DryRun>

export const Order = z.object({
  id: OrderId,
  type: z.enum(orderTypes),
  params: OrderParams.nullable(),
  target: OrderTarget,
  state: z.enum(orderStates),
  /** Why it pauses or halted by itself; null: a person did it, or it does not. */
  cause: z.enum(orderCauses).nullable(),
  agentCount: z.number().int(),
  customerCount: z.number().int(),
  counts: OrderCounts,
  /** The ring now out, from 1; 0: none yet. */
  ring: z.number().int(),
  /** Shares of the agents after each ring, percent. One ring: all at once. */
  ringPercents: z.array(z.number().int()),
  /** How long a ring has, minutes. */
  ringMinutes: z.number().int(),
  failurePercent: z.number().int(),
  isBeyondCaps: z.boolean(),
  startsAt: Instant.nullable(),
  approvedBy: z.string().nullable(),
  againOf: OrderId.nullable(),
  /** The order it takes back; and the newest that takes this one back. */
  undoOf: OrderId.nullable(),
  undoneBy: OrderId.nullable(),
  /** Of what is carried: the template's name, and places by step; null: of others. */
  templateName: z.string().nullable(),
  places: z
    .object(Object.fromEntries(placeSteps.map((step) => [step, z.number().int()])) as Record<(typeof placeSteps)[number], z.ZodNumber>)
    .nullable(),
  weakens: z.boolean(),
  /** Null: Vigie itself, because of a virus alert that customers allow to be answered (EVT-5). */
  createdById: z.string().nullable(),
  createdBy: z.string(),
  createdAt: Instant,
  givenAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  version: z.number().int(),
})
export type Order = z.infer<typeof Order>

/** Outcome at one agent. */
export const OrderAgent = z.object({
  /** The agent's. */
  id: AgentId,
  name: z.string(),
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  /** 0: skipped. */
  ring: z.number().int(),
  step: z.enum(orderSteps),
  /** Why skipped or failed: text key below `command-reason.`; null: nothing to say. */
  reason: z.string().nullable(),
  commandId: CommandId.nullable(),
  /** Of settings: how they stand there now; null: of other orders, or it was skipped. */
  outcome: z.enum(orderOutcomes).nullable(),
  at: Instant,
})
export type OrderAgent = z.infer<typeof OrderAgent>

/** How a business gives orders (R16), and its freeze. */
export const CommandPolicy = z.object({
  ringPercents: z.array(z.number().int()),
  ringMinutes: z.number().int(),
  failurePercent: z.number().int(),
  capCustomers: z.number().int(),
  capPercent: z.number().int(),
  frozenAt: Instant.nullable(),
  frozenBy: z.string().nullable(),
  version: z.number().int(),
})
export type CommandPolicy = z.infer<typeof CommandPolicy>

/** Rising, the last 100: `1, 5, 25, 100`. */
const RingPercents = z
  .array(z.number().int().min(1).max(100))
  .min(1)
  .max(10)
  .refine((percents) => percents.at(-1) === 100 && percents.every((percent, i) => i === 0 || percent > percents[i - 1]!), {
    error: 'rings.shape',
  })
export const PolicyInput = z.strictObject({
  ringPercents: RingPercents,
  ringMinutes: z.number().int().min(1).max(1_440),
  failurePercent: z.number().int().min(1).max(50),
  capCustomers: z.number().int().min(1).max(1_000),
  capPercent: z.number().int().min(1).max(50),
})
export type PolicyInput = z.infer<typeof PolicyInput>
