import * as z from 'zod'
import { categoryGroups } from '../categories/types.ts'
import { mostTags, Tag } from '../customers/shapes.ts'
import { CustomerId, EndpointId, Instant, ProductId, TimeZone } from '../kernel/index.ts'

export const maintenanceDays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

export const WindowId = z.uuid()
const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
const Day = z.iso.date()

/** Which week of a month a repeated day is of. */
export const monthWeeks = ['first', 'second', 'third', 'fourth', 'last'] as const
export const scheduleKinds = ['once', 'daily', 'weekly', 'monthly-day', 'monthly-weekday'] as const
/** On that day, or from it on. `time`: on the clock of the window's time zone. */
const start = { from: Day, time: Clock }
const repeats = {
  ...start,
  /** The last day on which one may begin; null: until somebody ends it. */
  until: Day.nullable(),
}
/**
 * When a window is (EVT-9), in its own time zone: it begins at the same hour all the year round, whatever the clocks do. An hour that a change of clocks skips begins when it is over; of one that comes
 * twice the first counts. It lasts as many minutes as it says, elapsed.
 */
export const Schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('once'), ...start }),
  z.strictObject({ kind: z.literal('daily'), ...repeats, every: z.number().int().min(1).max(60) }),
  z.strictObject({
    kind: z.literal('weekly'),
    ...repeats,
    every: z.number().int().min(1).max(52),
    days: z.array(z.enum(maintenanceDays)).min(1).max(7),
  }),
  /** A month that is shorter has it on its last day. */
  z.strictObject({
    kind: z.literal('monthly-day'),
    ...repeats,
    every: z.number().int().min(1).max(24),
    day: z.number().int().min(1).max(31),
  }),
  z.strictObject({
    kind: z.literal('monthly-weekday'),
    ...repeats,
    every: z.number().int().min(1).max(24),
    week: z.enum(monthWeeks),
    day: z.enum(maintenanceDays),
  }),
])
export type Schedule = z.infer<typeof Schedule>
/** A week at the longest: what is silent for longer is a snooze or an accepted risk, which somebody answers for. */
export const windowMinutes = { min: 5, max: 7 * 1_440 } as const

export const targetKinds = ['all', 'tag', 'customer', 'product', 'group', 'endpoints'] as const
export type TargetKind = (typeof targetKinds)[number]
export const mostWindowEndpoints = 200
/** Whose events. Of a group or of endpoints: those that concern no endpoint outside. */
export const Target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('tag'), tag: Tag }),
  z.strictObject({ kind: z.literal('customer'), customerId: CustomerId }),
  z.strictObject({ kind: z.literal('product'), productId: ProductId }),
  z.strictObject({ kind: z.literal('group'), productId: ProductId, group: z.string().min(1).max(40) }),
  /** Of one product. */
  z.strictObject({ kind: z.literal('endpoints'), endpointIds: z.array(EndpointId).min(1).max(mostWindowEndpoints) }),
])
export type Target = z.infer<typeof Target>
export { mostTags as mostWindowTags }

/** What a person writes of one. */
export const windowFields = {
  name: z.string().trim().min(1).max(120),
  reason: z.string().trim().max(1_000),
  target: Target,
  /** Which events it silences: of these groups of categories. */
  groups: z.array(z.enum(categoryGroups)).min(1).max(categoryGroups.length),
  schedule: Schedule,
  durationMinutes: z.number().int().min(windowMinutes.min).max(windowMinutes.max),
  timeZone: TimeZone,
}

export const Occurrence = z.object({ startsAt: Instant, endsAt: Instant })
export type Occurrence = z.infer<typeof Occurrence>
export const windowStates = ['now', 'next', 'over'] as const

export const MaintenanceWindow = z.object({
  id: WindowId,
  ...windowFields,
  state: z.enum(windowStates),
  /** The one that is now, or comes next; null: none any more. */
  occurrence: Occurrence.nullable(),
  /** Null: over many customers. */
  customer: z.object({ id: CustomerId, name: z.string() }).nullable(),
  product: z.object({ id: ProductId, name: z.string() }).nullable(),
  /** Of a group: its name as people call it; null: none, or it is gone. */
  groupLabel: z.string().nullable(),
  /** Of endpoints: their names, as far as they are still there. */
  endpoints: z.array(z.object({ id: EndpointId, name: z.string() })),
  /** How many open events it keeps silent now. */
  silentCount: z.number().int(),
  createdBy: z.string(),
  createdAt: Instant,
  version: z.number().int(),
})
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>
