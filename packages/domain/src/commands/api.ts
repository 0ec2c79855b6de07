import * as z from 'zod'
import {
  AgentId,
  CommandId,
  CustomerId,
  defineRoute,
  EventId,
  Instant,
  listQuery,
  listReply,
  oneOrMore,
  ProductId,
} from '../kernel/index.ts'
import { commandSteps, commandTypes, plainCommandTypes, type CommandType } from './types.ts'

export const Command = z.object({
  id: CommandId,
  type: z.enum(commandTypes),
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  agentId: AgentId,
  agentName: z.string(),
  /** The event it was sent to resolve; null: by hand. */
  eventId: EventId.nullable(),
  step: z.enum(commandSteps),
  steps: z.array(z.object({ step: z.enum(commandSteps), at: Instant, evidence: z.record(z.string(), z.unknown()) })),
  /** What the engine showed when it was done: `scannedAt`, `filesScanned`, `threatsFound`, `patternVersion` ...; or `reason` of a failure (text key below `command-reason.`). */
  evidence: z.record(z.string(), z.unknown()),
  sentBy: z.string(),
  sentAt: Instant,
  expiresAt: Instant,
})
export type Command = z.infer<typeof Command>

/** One order to all registered agents of a product, or to the named ones. `Idempotency-Key` makes a double click one order. */
export const sendCommand = defineRoute({
  id: 'commands.send',
  method: 'POST',
  path: '/v1/products/:productId/commands',
  permission: 'command.send',
  params: z.strictObject({ productId: ProductId }),
  body: z.strictObject({
    type: z.enum(plainCommandTypes as [CommandType, ...CommandType[]]),
    agentIds: z.array(AgentId).min(1).max(200).optional(),
  }),
  reply: z.object({ commands: z.array(Command) }),
  problems: [
    'product.not-found',
    'agent.not-found',
    'command.not-supported',
    'command.target-unregistered',
    'command.target-disabled',
    'command.contradicts',
    'command.needs-second-person',
    'consent.missing',
    'request.key-reused',
  ],
})
export const listCommands = defineRoute({
  id: 'commands.list',
  method: 'GET',
  path: '/v1/commands',
  permission: 'command.read',
  query: listQuery(
    ['sentAt'],
    {
      customerId: CustomerId.optional(),
      productId: ProductId.optional(),
      agentId: AgentId.optional(),
      eventId: EventId.optional(),
      step: oneOrMore(commandSteps).optional(),
    },
    '-sentAt',
  ),
  reply: listReply(Command),
  problems: [],
})
export const getCommand = defineRoute({
  id: 'commands.get',
  method: 'GET',
  path: '/v1/commands/:commandId',
  permission: 'command.read',
  params: z.strictObject({ commandId: CommandId }),
  reply: Command,
  problems: ['command.not-found'],
})
