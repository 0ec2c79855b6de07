import * as z from 'zod'
import { AccountId, CustomerId, defineRoute, Instant } from '../kernel/index.ts'
import { Role } from '../access/index.ts'

const params = z.strictObject({ customerId: CustomerId })

/** R37, as sent: PNG, JPEG, BMP or GIF. */
export const mostLogoBytes = 1_000_000
const mostLogoChars = Math.ceil(mostLogoBytes / 3) * 4

/** Why an account sees the customer: it sees all, or the line of its scope that lets it in. */
export const SeenBecause = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sees-all') }),
  z.object({ kind: z.literal('all'), endsAt: Instant.nullable() }),
  z.object({ kind: z.literal('customer'), endsAt: Instant.nullable() }),
  z.object({ kind: z.literal('tag'), tag: z.string(), endsAt: Instant.nullable() }),
])
export const Viewer = z.object({
  accountId: AccountId,
  name: z.string(),
  email: z.string(),
  role: Role,
  state: z.enum(['invited', 'active', 'disabled']),
  because: z.array(SeenBecause).min(1),
  isToldOfEvents: z.boolean(),
})
export type Viewer = z.infer<typeof Viewer>

/** ACC-14: who sees this customer, and why. The mightiest first. */
export const listViewers = defineRoute({
  id: 'customers.viewers',
  method: 'GET',
  path: '/v1/customers/:customerId/viewers',
  permission: 'account.read',
  params,
  reply: z.object({ rows: z.array(Viewer) }),
  problems: ['customer.not-found'],
})

/** CUS-3, R37: what comes back is our own PNG. `content`: base64 of the file. */
export const setLogo = defineRoute({
  id: 'customers.set-logo',
  method: 'PUT',
  path: '/v1/customers/:customerId/logo',
  permission: 'customer.update',
  params,
  bodyLimitBytes: 1_500_000,
  body: z.strictObject({
    content: z
      .string()
      .min(4)
      .max(mostLogoChars, { error: 'file.too-large' })
      .regex(/^[A-Za-z0-9+/]+={0,2}$/, { error: 'file.unreadable' }),
  }),
  reply: z.object({ version: z.number().int(), width: z.number().int(), height: z.number().int() }),
  problems: ['customer.not-found', 'logo.unreadable', 'logo.too-large', 'server.busy'],
})
export const getLogo = defineRoute({
  id: 'customers.logo',
  method: 'GET',
  path: '/v1/customers/:customerId/logo',
  permission: 'customer.read',
  params,
  query: z.strictObject({ v: z.string().max(20).optional() }),
  reply: z.string(),
  problems: ['customer.not-found', 'logo.none'],
  produces: 'image/png',
})
export const removeLogo = defineRoute({
  id: 'customers.remove-logo',
  method: 'DELETE',
  path: '/v1/customers/:customerId/logo',
  permission: 'customer.update',
  params,
  reply: z.null(),
  problems: ['customer.not-found', 'logo.none'],
})

/** CUS-6: with which appliances register. The password is shown once, at the making. */
export const Credentials = z.object({
  userName: z.string(),
  madeAt: Instant,
  madeBy: z.string(),
  /** Until when the one before is still taken; null: it is not. */
  previousEndsAt: Instant.nullable(),
})
export type Credentials = z.infer<typeof Credentials>
/** Hours that the old password stays good after a rotation: enough to change it on every appliance. 0: it ends at once. */
export const graceHours = [0, 1, 24, 168] as const
export const getCredentials = defineRoute({
  id: 'customers.credentials',
  method: 'GET',
  path: '/v1/customers/:customerId/credentials',
  permission: 'customer.credentials',
  params,
  reply: z.object({ credentials: Credentials.nullable() }),
  problems: ['customer.not-found'],
})
export const makeCredentials = defineRoute({
  id: 'customers.make-credentials',
  method: 'POST',
  path: '/v1/customers/:customerId/credentials',
  permission: 'customer.credentials',
  params,
  body: z.strictObject({ graceHours: z.literal(graceHours) }),
  reply: z.object({ credentials: Credentials, password: z.string() }),
  hasSecretReply: true,
  problems: ['customer.not-found', 'server.busy'],
})
export const removeCredentials = defineRoute({
  id: 'customers.remove-credentials',
  method: 'DELETE',
  path: '/v1/customers/:customerId/credentials',
  permission: 'customer.credentials',
  params,
  reply: z.null(),
  problems: ['customer.not-found', 'credentials.none'],
})
