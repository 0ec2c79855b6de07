import * as z from 'zod'
import { SettingValue } from '../agents/index.ts'
import { CustomerId, Instant, ProductId } from '../kernel/index.ts'

/** Where an order sets what it carries: at each customer, so that all its products inherit it, or at each of their products. Texts: `order-level.<level>`. */
export const orderLevels = ['customer', 'product'] as const

/** Settings for many customers (ADM-3): a version of a template, or single values; null: inherits again. */
export const OrderSettings = z
  .strictObject({
    at: z.enum(orderLevels),
    template: z.strictObject({ id: z.uuid(), version: z.number().int().min(1) }).optional(),
    values: z.record(z.string().max(60), SettingValue.nullable()).optional(),
  })
  .refine(({ template, values }) => (template === undefined) !== (values === undefined), { path: ['values'], error: 'required' })
  .refine(({ values }) => values === undefined || (Object.keys(values).length > 0 && Object.keys(values).length <= 200), {
    path: ['values'],
    error: 'required',
  })
export type OrderSettings = z.infer<typeof OrderSettings>

/** Entries for the approved or blocked addresses of many customers (ADM-2). */
export const OrderUrls = z.strictObject({
  list: z.enum(['approved', 'blocked']),
  entries: z.array(z.string().trim().min(1).max(2_000)).min(1).max(200),
})
export type OrderUrls = z.infer<typeof OrderUrls>

/** `set`: done at this place; never done twice. Texts: `place-step.<step>`. */
export const placeSteps = ['planned', 'set', 'skipped'] as const
export type PlaceStep = (typeof placeSteps)[number]

/**
 * One thing that an order does, or does not do, at one place. Texts: `place-line.<kind>`.
 * `setting`: null is what nobody set. `same`: is so already. `overridden`: a product or group there has its own value, which outweighs. `unsupported`: nothing there takes it.
 * `left`: an order that takes another back found it changed since by somebody, and leaves it alone; `what` is a setting's key, `template`, or an address.
 */
export const PlaceLine = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('setting'),
    key: z.string(),
    from: SettingValue.nullable(),
    to: SettingValue.nullable(),
    weakens: z.boolean(),
    endpoints: z.number().int(),
  }),
  z.object({ kind: z.literal('template'), from: z.string().nullable(), to: z.string().nullable() }),
  z.object({ kind: z.literal('same'), key: z.string() }),
  z.object({ kind: z.literal('overridden'), key: z.string(), endpoints: z.number().int() }),
  z.object({ kind: z.literal('unsupported'), key: z.string() }),
  z.object({ kind: z.literal('left'), what: z.string(), by: z.string().nullable(), at: Instant.nullable() }),
  z.object({
    kind: z.literal('url'),
    text: z.string(),
    does: z.enum(['add', 'remove', 'known', 'refused']),
    against: z.string().nullable(),
  }),
])
export type PlaceLine = z.infer<typeof PlaceLine>

export const OrderPlace = z.object({
  id: z.uuid(),
  customerId: CustomerId,
  customerName: z.string(),
  /** Null: the customer's own place. */
  productId: ProductId.nullable(),
  productName: z.string(),
  ring: z.number().int(),
  step: z.enum(placeSteps),
  /** Why nothing is done there: text key below `place-reason.`; null: nothing to say. */
  reason: z.string().nullable(),
  lines: z.array(PlaceLine),
  weakens: z.boolean(),
  endpointCount: z.number().int(),
  at: Instant,
})
export type OrderPlace = z.infer<typeof OrderPlace>

/**
 * How what an order brought stands at one endpoint, by what its agent reports. `pending`: not told, on its way, or to be told when it is back. `refused`: its engine did not do it or does not
 * take it. `drifted`: it had it and reports something else. `changed-since`: somebody wants something else of it by now. Texts: `order-outcome.<outcome>`.
 */
export const orderOutcomes = ['pending', 'effective', 'refused', 'drifted', 'changed-since'] as const
export type OrderOutcome = (typeof orderOutcomes)[number]
