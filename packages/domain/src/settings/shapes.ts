import * as z from 'zod'
import { SettingValue } from '../agents/index.ts'
import { CustomerId, EndpointId, Instant, ProductId } from '../kernel/index.ts'
import { families } from '../products/index.ts'
import { layerLevels, originKinds } from './layers.ts'
import { settingStates } from './states.ts'

export const TemplateId = z.uuid()
/** What a person writes: by key; refused whole when one does not fit (`checkValues`). Null: set nothing here, inherit. */
export const ValuesInput = z
  .record(z.string().max(60), SettingValue.nullable())
  .refine((values) => Object.keys(values).length <= 200, { error: 'too-many' })
const Values = z.record(z.string(), SettingValue)

const OriginShape = z.object({
  kind: z.enum(originKinds),
  level: z.enum(layerLevels).nullable(),
  name: z.string(),
  by: z.string().nullable(),
  at: Instant.nullable(),
})

/** One value at one place, and how it stands at the endpoints below it. */
export const SettingRow = z.object({
  key: z.string(),
  /** What is wanted here. */
  value: SettingValue,
  origin: OriginShape,
  /** Set at this very place; null: inherited. */
  own: SettingValue.nullable(),
  /** What would hold without it. */
  inherited: z.object({ value: SettingValue, origin: OriginShape }),
  isSupported: z.boolean(),
  /** Why it can't be set here: text key below `setting-reason.`; null: it can. */
  reason: z.string().nullable(),
  /** The worst of the endpoints'. */
  state: z.enum(settingStates),
  counts: z.array(z.object({ state: z.enum(settingStates), count: z.number().int() })),
  /** Set nearer to the endpoint, so that this place's value does not reach them: how many endpoints. */
  overriddenCount: z.number().int(),
  /** Where nobody set it: what the machines themselves have, if all that tell agree; null: somebody set it, none tells, or they differ. */
  onMachines: SettingValue.nullable(),
  /** Endpoints that report another value than is wanted or, where nobody set one and machines differ, another than the type's default: at most 5 of each row. */
  reported: z.array(
    z.object({ endpointId: EndpointId, name: z.string(), group: z.string(), value: SettingValue, state: z.enum(settingStates) }),
  ),
})
export type SettingRow = z.infer<typeof SettingRow>

export const SettingsAt = z.object({
  level: z.enum(layerLevels),
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId.nullable(),
  productName: z.string().nullable(),
  group: z.string().nullable(),
  /** Of what is set at this very place, for `If-Match`; 0: nothing was ever set. */
  version: z.number().int(),
  endpointCount: z.number().int(),
  /** The template this place follows, and whether a newer version of it is there. */
  template: z
    .object({
      id: TemplateId,
      name: z.string(),
      version: z.number().int(),
      latestVersion: z.number().int().nullable(),
      by: z.string(),
      at: Instant,
    })
    .nullable(),
  /** ADM-3: keys that are not as the nearest template says. */
  departed: z.array(z.string()),
  /** By whose clock scheduled scans run. */
  timeZone: z.string(),
  rows: z.array(SettingRow),
})
export type SettingsAt = z.infer<typeof SettingsAt>

export const TemplateName = z.string().trim().min(1).max(80)
export const Template = z.object({
  id: TemplateId,
  name: z.string(),
  about: z.string(),
  families: z.array(z.enum(families)),
  isBuiltIn: z.boolean(),
  /** Newest. */
  version: z.number().int(),
  values: Values,
  changedBy: z.string().nullable(),
  changedAt: Instant.nullable(),
  /** Customers, products and groups that follow it, as far as one sees them. */
  followerCount: z.number().int(),
})
export type Template = z.infer<typeof Template>
export const TemplateVersion = z.object({
  number: z.number().int(),
  name: z.string(),
  about: z.string(),
  families: z.array(z.enum(families)),
  values: Values,
  madeBy: z.string(),
  madeAt: Instant,
})
export type TemplateVersion = z.infer<typeof TemplateVersion>
export const TemplateInput = z.strictObject({
  name: TemplateName,
  about: z.string().trim().max(500).default(''),
  families: z.array(z.enum(families)).min(1).max(families.length),
  values: z.record(z.string().max(60), SettingValue),
})
export type TemplateInput = z.infer<typeof TemplateInput>

/** Where settings are set or a template is applied. */
export const SettingTarget = z.strictObject({
  customerId: CustomerId,
  productId: ProductId.nullable().default(null),
  group: z.string().max(80).nullable().default(null),
})
export type SettingTarget = z.infer<typeof SettingTarget>
export const ChangeShown = z.object({ key: z.string(), from: SettingValue, to: SettingValue, weakens: z.boolean() })

/** What applying a template would do at one place. */
export const TemplateEffect = z.object({
  target: z.object({ customerId: CustomerId, productId: ProductId.nullable(), group: z.string().nullable() }),
  /** In words: company, product, group. */
  names: z.array(z.string()),
  changes: z.array(ChangeShown),
  endpointCount: z.number().int(),
  /** Why it can't be applied there: text key below `setting-reason.`; null: it can. */
  reason: z.string().nullable(),
})
export type TemplateEffect = z.infer<typeof TemplateEffect>
