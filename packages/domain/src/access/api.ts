import * as z from 'zod'
import { AccountId, defineRoute, listQuery, listReply, Locale, SessionId, TimeZone } from '../kernel/index.ts'
import { Role } from './permissions.ts'
import { Scope } from './scope.ts'
import { Account, Business, Email, Me, NewPassword, PersonName, Session, SessionState } from './shapes.ts'

const Nothing = z.null()
const Code = z.string().regex(/^\d{6}$/, { error: 'code.shape' })
/** Of links in mails and of the set-up link: 256 random bits, base64url. In a body, never in an address that a log keeps. */
const LinkToken = z.string().min(20).max(100)
const person = { firstName: PersonName, lastName: PersonName, locale: Locale, timeZone: TimeZone }

// What the console's forms check by before they send has a name of its own: a route's `body` does not reach the browser (web/plain-domain.ts).
export const SetupRequest = z.strictObject({
  token: LinkToken,
  businessName: z.string().trim().min(1).max(120),
  email: Email,
  password: NewPassword,
  ...person,
})
export const MeChange = z.strictObject({ ...person, isToldOfEvents: z.boolean() }).partial()
export const PasswordChange = z.strictObject({ currentPassword: z.string().max(200), newPassword: NewPassword })
export const ResetRequest = z.strictObject({ email: z.string().trim().max(254) })
export const NewPasswordByLink = z.strictObject({ token: LinkToken, password: NewPassword })
export const InvitationAnswer = z.strictObject({ token: LinkToken, password: NewPassword, ...person })
export const BusinessChange = z
  .strictObject({ name: z.string().trim().min(1).max(120), isMfaRequired: z.boolean(), locale: Locale, timeZone: TimeZone })
  .partial()

/** R8: exists only until used. Afterwards it answers 404 as if it never were. */
export const getSetup = defineRoute({
  id: 'setup.get',
  method: 'GET',
  path: '/v1/setup',
  permission: 'public',
  reply: z.object({ isNeeded: z.literal(true) }),
  problems: ['setup.done-already'],
})
/** First run: the business that operates this installation and its primary account. Signs in at once. */
export const completeSetup = defineRoute({
  id: 'setup.complete',
  method: 'POST',
  path: '/v1/setup',
  permission: 'public',
  body: SetupRequest,
  reply: z.object({ state: SessionState }),
  problems: ['setup.done-already', 'setup.token-wrong', 'password.too-short', 'password.breached'],
})

/** R30: known, unknown and locked e-mails answer alike. One e-mail may belong to accounts of several businesses: then the password decides, and `businesses` asks. */
export const signIn = defineRoute({
  id: 'session.sign-in',
  method: 'POST',
  path: '/v1/session',
  permission: 'public',
  body: z.strictObject({ email: z.string().trim().max(254), password: z.string().max(200), businessId: z.uuid().optional() }),
  reply: z.object({
    state: z.enum([...SessionState.options, 'choose-business']),
    businesses: z.array(z.object({ id: z.uuid(), name: z.string() })).optional(),
  }),
  problems: ['sign-in.refused'],
})
/** TOTP of the current 30 s or one step beside it, each once; or a recovery code, used up. */
export const verifyMfa = defineRoute({
  id: 'session.verify-mfa',
  method: 'POST',
  path: '/v1/session/mfa',
  permission: 'half-signed-in',
  body: z.union([z.strictObject({ code: Code }), z.strictObject({ recoveryCode: z.string().trim().min(8).max(40) })]),
  reply: z.object({ state: SessionState }),
  problems: ['mfa.code-wrong'],
})
export const getMe = defineRoute({
  id: 'session.get',
  method: 'GET',
  path: '/v1/session',
  permission: 'half-signed-in',
  reply: Me,
  problems: [],
})
export const signOut = defineRoute({
  id: 'session.sign-out',
  method: 'DELETE',
  path: '/v1/session',
  permission: 'half-signed-in',
  reply: Nothing,
  problems: [],
})

export const listSessions = defineRoute({
  id: 'me.sessions',
  method: 'GET',
  path: '/v1/me/sessions',
  permission: 'signed-in',
  reply: z.object({ rows: z.array(Session) }),
  problems: [],
})
export const endSession = defineRoute({
  id: 'me.end-session',
  method: 'DELETE',
  path: '/v1/me/sessions/:sessionId',
  permission: 'signed-in',
  params: z.strictObject({ sessionId: SessionId }),
  reply: Nothing,
  problems: ['session.not-found'],
})
export const updateMe = defineRoute({
  id: 'me.update',
  method: 'PATCH',
  path: '/v1/me',
  permission: 'signed-in',
  body: MeChange,
  reply: Account,
  problems: [],
})
/** Ends every other session of the account (R32). */
export const changePassword = defineRoute({
  id: 'me.change-password',
  method: 'POST',
  path: '/v1/me/password',
  permission: 'signed-in',
  body: PasswordChange,
  reply: Nothing,
  problems: ['password.wrong', 'password.too-short', 'password.breached'],
})
/** Makes a new secret, not yet in force: `confirmTotp` with a code of it switches it on. */
export const startTotp = defineRoute({
  id: 'me.start-totp',
  method: 'POST',
  path: '/v1/me/totp',
  permission: 'half-signed-in',
  reply: z.object({ secret: z.string(), otpauthUrl: z.string() }),
  hasSecretReply: true,
  problems: ['mfa.already-on'],
})
/** The ten recovery codes are shown this once. */
export const confirmTotp = defineRoute({
  id: 'me.confirm-totp',
  method: 'POST',
  path: '/v1/me/totp/confirm',
  permission: 'half-signed-in',
  body: z.strictObject({ code: Code }),
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
  hasSecretReply: true,
  problems: ['mfa.code-wrong', 'mfa.not-started', 'mfa.already-on'],
})
export const removeTotp = defineRoute({
  id: 'me.remove-totp',
  method: 'POST',
  path: '/v1/me/totp/remove',
  permission: 'signed-in',
  body: z.strictObject({ password: z.string().max(200) }),
  reply: Nothing,
  problems: ['password.wrong', 'mfa.required-here'],
})
export const renewRecoveryCodes = defineRoute({
  id: 'me.renew-recovery-codes',
  method: 'POST',
  path: '/v1/me/recovery-codes',
  permission: 'signed-in',
  body: z.strictObject({ password: z.string().max(200) }),
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
  hasSecretReply: true,
  problems: ['password.wrong', 'mfa.not-started'],
})

/** Always answers the same, whether or not the account exists. The mail goes to the account's own address. */
export const requestPasswordReset = defineRoute({
  id: 'password-reset.request',
  method: 'POST',
  path: '/v1/password-resets',
  permission: 'public',
  body: ResetRequest,
  reply: Nothing,
  problems: [],
})
/** R31: resets the password only; the second factor is still asked at the next sign-in. Ends all sessions. */
export const completePasswordReset = defineRoute({
  id: 'password-reset.complete',
  method: 'POST',
  path: '/v1/password-resets/complete',
  permission: 'public',
  body: NewPasswordByLink,
  reply: Nothing,
  problems: ['link.invalid', 'password.too-short', 'password.breached'],
})

/** What an invitation link is for, so that the page can greet. A POST: the token stays out of addresses and logs. */
export const lookAtInvitation = defineRoute({
  id: 'invitation.look',
  method: 'POST',
  path: '/v1/invitations/look',
  permission: 'public',
  body: z.strictObject({ token: LinkToken }),
  reply: z.object({ email: z.string(), businessName: z.string(), locale: Locale }),
  problems: ['link.invalid'],
})
export const acceptInvitation = defineRoute({
  id: 'invitation.accept',
  method: 'POST',
  path: '/v1/invitations/accept',
  permission: 'public',
  body: InvitationAnswer,
  reply: z.object({ state: SessionState }),
  problems: ['link.invalid', 'password.too-short', 'password.breached'],
})

const accountParams = z.strictObject({ accountId: AccountId })

export const listAccounts = defineRoute({
  id: 'accounts.list',
  method: 'GET',
  path: '/v1/accounts',
  permission: 'account.read',
  query: listQuery(['email', 'lastName', 'role', 'lastSignInAt'], { state: z.enum(['invited', 'active', 'disabled']).optional() }),
  reply: listReply(Account),
  problems: [],
})
/** ACC-5: at most 50 per business. Sends the activation link by mail (7 days). */
export const inviteAccount = defineRoute({
  id: 'accounts.invite',
  method: 'POST',
  path: '/v1/accounts',
  permission: 'account.invite',
  body: z.strictObject({
    email: Email,
    firstName: PersonName,
    lastName: PersonName,
    role: Role,
    locale: Locale,
    timeZone: TimeZone,
    scope: Scope,
  }),
  reply: Account,
  problems: ['account.email-taken', 'account.mightier', 'account.too-many', 'customer.not-found'],
})
export const getAccount = defineRoute({
  id: 'accounts.get',
  method: 'GET',
  path: '/v1/accounts/:accountId',
  permission: 'account.read',
  params: accountParams,
  reply: Account,
  problems: ['account.not-found'],
})
/** `If-Match` carries `version`. Role, scope and state of others only: oneself changes at `/me`. */
export const updateAccount = defineRoute({
  id: 'accounts.update',
  method: 'PATCH',
  path: '/v1/accounts/:accountId',
  permission: 'account.update',
  params: accountParams,
  body: z.strictObject({ role: Role, scope: Scope, isDisabled: z.boolean() }).partial(),
  reply: Account,
  problems: [
    'account.not-found',
    'account.is-primary',
    'account.is-self',
    'account.mightier',
    'customer.not-found',
    'request.changed-meanwhile',
    'request.precondition-missing',
  ],
})
export const removeAccount = defineRoute({
  id: 'accounts.remove',
  method: 'DELETE',
  path: '/v1/accounts/:accountId',
  permission: 'account.remove',
  params: accountParams,
  reply: Nothing,
  problems: ['account.not-found', 'account.is-primary', 'account.is-self', 'account.mightier'],
})
export const resendInvitation = defineRoute({
  id: 'accounts.resend-invitation',
  method: 'POST',
  path: '/v1/accounts/:accountId/invitation',
  permission: 'account.invite',
  params: accountParams,
  reply: Nothing,
  problems: ['account.not-found', 'account.mightier', 'account.not-active', 'account.active-already'],
})

export const getBusiness = defineRoute({
  id: 'business.get',
  method: 'GET',
  path: '/v1/business',
  permission: 'business.read',
  reply: Business,
  problems: [],
})
export const updateBusiness = defineRoute({
  id: 'business.update',
  method: 'PATCH',
  path: '/v1/business',
  permission: 'business.update',
  body: BusinessChange,
  reply: Business,
  problems: ['request.changed-meanwhile', 'request.precondition-missing'],
})
/** ACC-4: the present primary proves itself with its password; both are told by mail. */
export const transferPrimary = defineRoute({
  id: 'business.transfer-primary',
  method: 'POST',
  path: '/v1/business/primary',
  permission: 'business.transfer-primary',
  body: z.strictObject({ accountId: AccountId, password: z.string().max(200) }),
  reply: Nothing,
  problems: ['account.not-found', 'account.not-active', 'account.is-self', 'password.wrong'],
})
