import * as z from 'zod'
import { AccountId, CustomerId, EndpointId, EventId, Instant, ProductId } from '../kernel/index.ts'
import { commandTypes } from '../commands/types.ts'

/** EVT-2. Fine is no severity at all: then there is no event. */
export const severities = ['action-required', 'warning'] as const
export const Severity = z.enum(severities)
export type Severity = z.infer<typeof Severity>

/** EVT-2. `pending`: acted on, waiting for the product to confirm. */
export const eventStates = ['unresolved', 'pending', 'resolved'] as const
export const EventState = z.enum(eventStates)
export type EventState = z.infer<typeof EventState>

/** Where an index's value comes from, the nearest first. */
export const indexLevels = ['default', 'business', 'tag', 'customer'] as const

export const CommentId = z.uuid()
export const SilenceId = z.uuid()

/** What a person does to an event; and what a maintenance window does (EVT-9). */
export const handSilences = ['snoozed', 'accepted'] as const
export const silenceKinds = [...handSilences, 'maintenance'] as const
/**
 * Why an open event asks for no attention (EVT-2, EVT-9). It holds for the condition of the product: one with an end also silences the event that opens anew before it; a snooze without lasts as long as its
 * event. `bounds`: figures that wake it when they get worse than this; null: none does. Of a
 * maintenance window: `reason` is its name, `owner` who planned it.
 */
export const Silence = z.object({
  id: SilenceId,
  kind: z.enum(silenceKinds),
  reason: z.string(),
  owner: z.string(),
  by: z.string(),
  since: Instant,
  until: Instant.nullable(),
  bounds: z.record(z.string(), z.number()).nullable(),
  /** The maintenance window that keeps it silent; null: a person does, or it was deleted. */
  windowId: z.uuid().nullable(),
})
export type Silence = z.infer<typeof Silence>

/**
 * EVT-9: identity is (product, category, condition); at most one is open at a time. Its words come from the text catalogue:
 * `condition.<category>.<condition>.title`, `.explain`, `.next`, filled with `figures`.
 */
export const Event = z.object({
  id: EventId,
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  productName: z.string(),
  typeId: z.string(),
  category: z.string(),
  condition: z.string(),
  severity: Severity,
  state: EventState,
  /** How many times the condition came up again or grew while the event was open; from 1. */
  count: z.number().int(),
  figures: z.record(z.string(), z.union([z.number(), z.string()])),
  openedAt: Instant,
  /** When it was last seen to hold. */
  lastRaisedAt: Instant,
  resolvedAt: Instant.nullable(),
  /** Figures count from here when someone reset the event (EVT-4). */
  resetAt: Instant.nullable(),
  /** Who works on it. Those at a customer's portal are not told. */
  assignee: z.object({ id: AccountId, name: z.string() }).nullable(),
  /** Null: it asks for attention. At a customer's portal without its words. */
  silence: Silence.nullable(),
  version: z.number().int(),
})
export type Event = z.infer<typeof Event>

export const eventSteps = [
  'opened',
  'raised',
  'eased',
  'reset',
  'resolve-asked',
  'resolved',
  'reopened',
  'assigned',
  'snoozed',
  'accepted',
  'maintenance',
  'woken',
] as const
/** How a silence ended: its time came, the figures passed its bounds, somebody woke it, its event was over, another took its place. */
export const silenceEnds = ['time', 'worse', 'hand', 'over', 'replaced'] as const
/** History, oldest first. */
export const EventStep = z.object({
  at: Instant,
  what: z.enum(eventSteps),
  by: z.string().nullable(),
  byId: AccountId.nullable(),
  figures: z.record(z.string(), z.union([z.number(), z.string()])),
  /** Of `assigned` (`assignee` null: nobody any more), of a silence, and of its end. */
  details: z.object({ assignee: z.string().nullable(), reason: z.string(), until: Instant.nullable(), how: z.enum(silenceEnds) }).partial(),
})

/** For so long its author may put it right. */
export const commentEditableMinutes = 10
export const CommentText = z.string().trim().min(1).max(4000)
/** `text` null: removed. */
export const EventComment = z.object({
  id: CommentId,
  at: Instant,
  by: z.string(),
  byId: AccountId.nullable(),
  text: z.string().nullable(),
  editedAt: Instant.nullable(),
})
export type EventComment = z.infer<typeof EventComment>

/** A command that mends an event. `reason`: why no agent of its product takes it now, text key below `command-reason.`; null: some does. */
export const Mending = z.object({ type: z.enum(commandTypes), isPossible: z.boolean(), reason: z.string().nullable() })
export type Mending = z.infer<typeof Mending>

/** EVT-6: which index, which figures, which endpoints, since when, what to do next. */
export const EventDetail = Event.extend({
  steps: z.array(EventStep),
  /** Oldest first. Between those who look after the customer: none at its portal. */
  comments: z.array(EventComment),
  /** The indexes that decided, with their values now in force and where those come from. */
  indexes: z.array(z.object({ name: z.string(), value: z.number(), from: z.enum(indexLevels), tag: z.string().nullable() })),
  endpoints: z.array(z.object({ id: EndpointId, name: z.string(), infections: z.number().int() })),
  /** Commands that would resolve it; empty: it must be mended at the product. */
  resolvedBy: z.array(Mending),
})
export type EventDetail = z.infer<typeof EventDetail>

/**
 * What became of the threat. `failed`: could not be cleaned, deleted or quarantined: an infection (mission §0). `blocked`: access was denied, the file is still
 * there. `reported`: found in contents that a program (a mail filter, a proxy) had asked about; what it did with them is its own to tell.
 */
export const detectionOutcomes = ['cleaned', 'deleted', 'quarantined', 'blocked', 'failed', 'none', 'reported'] as const
export const DetectionOutcome = z.enum(detectionOutcomes)
export type DetectionOutcome = z.infer<typeof DetectionOutcome>
/** Outcomes that leave the malware where it was. */
export const leavesInfection = (outcome: string): boolean => outcome === 'blocked' || outcome === 'failed' || outcome === 'none'

export const Detection = z.object({
  id: z.string(),
  at: Instant,
  receivedAt: Instant,
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  endpointId: EndpointId,
  endpointName: z.string(),
  category: z.string(),
  threat: z.string(),
  /** File path, URL or address: hostile text, as found. */
  object: z.string(),
  outcome: z.string(),
  engine: z.string(),
})
export type Detection = z.infer<typeof Detection>
