import * as z from 'zod'
import { AccountId, Instant, Locale, PartnerId, SessionId, TimeZone } from '../kernel/index.ts'
import { permissions, Role } from './permissions.ts'
import { Scope } from './scope.ts'

export const Email = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase())
export const PersonName = z.string().trim().min(1).max(80)
/** Length only, plus the offline breached list (ACC-6, NIST SP 800-63B); the upper bound keeps argon2id's input sane. */
export const NewPassword = z.string().min(12, { error: 'password.too-short' }).max(200)

/** `invited`: the link was sent, not yet used. `disabled`: by an administrator; signs in nowhere. */
export const AccountState = z.enum(['invited', 'active', 'disabled'])

export const Account = z.object({
  id: AccountId,
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  role: Role,
  /** ACC-4: one per business; can't be edited, disabled or deleted by others. */
  isPrimary: z.boolean(),
  state: AccountState,
  hasMfa: z.boolean(),
  locale: Locale,
  timeZone: TimeZone,
  scope: Scope,
  /** Gets the mail when something needs action (NTF-1, "me"). */
  isToldOfEvents: z.boolean(),
  lastSignInAt: Instant.nullable(),
  createdAt: Instant,
  version: z.number().int(),
})
export type Account = z.infer<typeof Account>

export const Business = z.object({
  id: PartnerId,
  name: z.string(),
  kind: z.enum(['operator', 'reseller']),
  /** ACC-6: every account must have a second factor before it may do anything else. */
  isMfaRequired: z.boolean(),
  locale: Locale,
  timeZone: TimeZone,
  version: z.number().int(),
})
export type Business = z.infer<typeof Business>

/** `full`: may work. The other two reach nothing but the page that completes them (R31). */
export const SessionState = z.enum(['full', 'mfa-needed', 'mfa-enrolment-needed'])
export type SessionState = z.infer<typeof SessionState>

/** Who is signed in, as the console knows it. */
export const Me = z.object({
  state: SessionState,
  account: Account,
  business: Business,
  permissions: z.array(z.enum(permissions)),
  /** This installation is a made-up one (`npm run demo`): every screen says so. */
  isSimulated: z.boolean(),
  /** The worst virus alert in force (EVT-5), so that the first screen is drawn with room for it. Null: none, or none of one's business. */
  alertLevel: z.enum(['red', 'yellow']).nullable(),
})
export type Me = z.infer<typeof Me>

export const Session = z.object({
  id: SessionId,
  isCurrent: z.boolean(),
  createdAt: Instant,
  lastUsedAt: Instant,
  /** Where from: as the trusted proxy or the socket says. */
  address: z.string(),
  userAgent: z.string(),
})
export type Session = z.infer<typeof Session>
