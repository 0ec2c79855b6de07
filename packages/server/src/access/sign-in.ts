import { Problem } from '@vigie/domain/kernel'
import type { SessionState } from '@vigie/domain/access'
import { record } from '../audit/index.ts'
import type { Origin, Services } from '../platform/index.ts'
import { assertAddressIsFree, claimTry, countAgainstAddress, passwordGuess, untilNextBeat } from './attempts.ts'
import { isPassword } from './passwords.ts'
import { createSession, stateAfterPassword } from './sessions.ts'
import { actorNow } from './setup.ts'
import * as accounts from './store.ts'

export interface SignedIn {
  state: SessionState | 'choose-business'
  businesses?: { id: string; name: string }[]
  /** Null: no session yet. */
  token: string | null
}

interface Candidate {
  partnerId: string
  accountId: string
  passwordHash: string | null
  business: { name: string; isMfaRequired: boolean }
  hasMfa: boolean
  isActive: boolean
}

/**
 * R30. Unknown, known and locked e-mail addresses, wrong passwords and disabled accounts: one answer, on the same beat. One address may belong to accounts
 * of several businesses; the password decides which are meant, and `choose-business` asks when it fits more than one.
 * @throws sign-in.refused, request.rate-limited, server.busy
 */
export async function signIn(
  services: Services,
  origin: Origin,
  wanted: { email: string; password: string; businessId?: string | undefined },
): Promise<SignedIn> {
  const startedMs = performance.now()
  const { database } = services
  const now = services.clock.now()
  await assertAddressIsFree(database, 'sign-in', origin.address, now)
  const attempt = await claimTry(database, passwordGuess(wanted.email), now)
  // the cheap check came first: a locked address costs no hash, and does not show it
  const known = attempt === null ? [] : await candidates(services, wanted.email)
  const fits = attempt === null ? [] : await fitting(known, wanted.password)
  const chosen = fits.filter((one) => wanted.businessId === undefined || one.partnerId === wanted.businessId)
  if (attempt === null || chosen.length === 0) {
    await countAgainstAddress(database, 'sign-in', origin.address, now)
    for (const one of known) await recordRefusal(services, one, origin, now)
    await untilNextBeat(startedMs)
    throw new Problem('sign-in.refused')
  }
  await attempt.wasRight()
  if (chosen.length > 1)
    return { state: 'choose-business', businesses: chosen.map((one) => ({ id: one.partnerId, name: one.business.name })), token: null }
  return await begin(services, chosen[0]!, origin, now)
}

const tenant = ({ partnerId }: { partnerId: string }) => ({ partnerId, scope: 'all' as const, principalId: null })

async function candidates(services: Services, email: string): Promise<Candidate[]> {
  const keys = await services.database.lookup<{ partner_id: string; account_id: string }>('select * from vigie.find_accounts($1)', [
    email.toLowerCase(),
  ])
  return await Promise.all(
    keys.map(({ partner_id: partnerId, account_id: accountId }) =>
      services.database.transaction(tenant({ partnerId }), async (db) => {
        const [account, { passwordHash }, business] = [
          await accounts.get(db, accountId),
          await accounts.secretsOf(db, accountId),
          await accounts.getBusiness(db),
        ]
        return { partnerId, accountId, passwordHash, business, hasMfa: account.hasMfa, isActive: account.state === 'active' }
      }),
    ),
  )
}

/** Nobody known: still one password is tried, against nobody's. */
async function fitting(known: readonly Candidate[], password: string): Promise<Candidate[]> {
  if (known.length === 0) await isPassword(password, null)
  const isRight = await Promise.all(known.map((one) => isPassword(password, one.passwordHash)))
  return known.filter((one, index) => isRight[index] && one.isActive)
}

async function begin(
  services: Services,
  { partnerId, accountId, hasMfa, business }: Candidate,
  origin: Origin,
  now: Date,
): Promise<SignedIn> {
  const state = stateAfterPassword({ hasMfa, isMfaRequired: business.isMfaRequired })
  return await services.database.transaction(tenant({ partnerId }), async (db) => {
    const session = await createSession(db, accountId, state, origin, now)
    if (state === 'full') await accounts.signedIn(db, accountId, now)
    const actor = await actorNow(db, accountId, session.id)
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      {
        activity: 'session.started',
        object: { kind: 'account', id: accountId, name: actor.email },
        after: { state, userAgent: origin.userAgent },
      },
    )
    return { state, token: session.token }
  })
}

/** R40. The record says whose account was tried and from where; who tried is not known. */
async function recordRefusal(services: Services, { partnerId, accountId }: Candidate, origin: Origin, now: Date): Promise<void> {
  await services.database.transaction(tenant({ partnerId }), async (db) => {
    const actor = await actorNow(db, accountId, accountId)
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      { activity: 'session.sign-in.refused', object: { kind: 'account', id: accountId, name: actor.email } },
    )
  })
}
