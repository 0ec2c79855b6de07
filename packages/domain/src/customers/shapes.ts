import * as z from 'zod'
import { AccountId, ContactId, CustomerId, Instant, Locale, TimeZone } from '../kernel/index.ts'
import { Email, PersonName } from '../access/index.ts'

const short = z.string().trim().max(120)

/** CUS-1, step 1. Only the company's name and country are needed. */
export const CompanyProfile = z.strictObject({
  company: short.min(1),
  address: short.default(''),
  city: short.default(''),
  state: short.default(''),
  postalCode: z.string().trim().max(20).default(''),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, { error: 'country.shape' }),
  industry: short.default(''),
  /** How many endpoints the company has, as the reseller estimates it; null: not known. */
  sizeEndpoints: z.number().int().min(0).max(1_000_000).nullable().default(null),
  phone: z.string().trim().max(40).default(''),
})
export type CompanyProfile = z.infer<typeof CompanyProfile>

/** CUS-1, step 1: the account and its first contact. */
export const CustomerAccount = z.strictObject({
  /** Chosen by the reseller, unique within the business: letters, digits, `-`, `_`, `.`. */
  accountId: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,39}$/, { error: 'account-id.shape' }),
  timeZone: TimeZone,
  locale: Locale,
})
export type CustomerAccount = z.infer<typeof CustomerAccount>

export const ContactInput = z.strictObject({
  firstName: PersonName,
  lastName: PersonName,
  email: Email,
  phone: z.string().trim().max(40).default(''),
  locale: Locale,
})
export const Contact = z.object({ id: ContactId, ...ContactInput.shape, email: z.string(), version: z.number().int() })
export type Contact = z.infer<typeof Contact>

/** Open events by severity, kept with the customer, never counted from the events. */
export const Attention = z.object({ actionRequired: z.number().int(), warning: z.number().int() })

export const Manager = z.object({ id: AccountId, name: z.string(), isDefault: z.boolean() })
export type Manager = z.infer<typeof Manager>

export const Customer = z.object({
  id: CustomerId,
  ...CompanyProfile.shape,
  ...CustomerAccount.shape,
  tags: z.array(z.string()),
  /** Of all its products; beside it by the group of the event's category (CUS-2). */
  attention: Attention,
  threat: Attention,
  system: Attention,
  licence: Attention,
  /** CUS-7: the account that owns the customer. `isDefault`: nobody was chosen, so it is the business's primary, whoever that is. */
  managedBy: Manager.nullable(),
  productCount: z.number().int(),
  endpointCount: z.number().int(),
  /** The contact shown in lists: the first one. */
  contact: z.object({ name: z.string(), email: z.string(), phone: z.string() }).nullable(),
  /** Newest sign of life of any of its products. */
  lastSeenAt: Instant.nullable(),
  /** CUS-3; grows with each upload, so that its address changes with it; null: no logo. */
  logoVersion: z.number().int().nullable(),
  createdAt: Instant,
  version: z.number().int(),
})
export type Customer = z.infer<typeof Customer>

/** No comma: lists are filtered by several, separated by commas. */
export const Tag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[^,]*$/, { error: 'tag.comma' })
export const mostTags = 20
