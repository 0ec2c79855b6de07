import { Problem } from '@vigie/domain/kernel'
import { tenantOf, type Actor, type Services } from '../platform/index.ts'
import { claimTry, mfaGuess } from './attempts.ts'
import { useTotp } from './mfa.ts'
import * as accounts from './store.ts'

/**
 * R16: the person proves again, now, that the second factor is theirs; a stolen session can't. The code is used up, a wrong one is counted with those of sign-in (R30). In transactions of
 * its own, before the change it stands for. @throws mfa.needed-here, mfa.code-wrong
 */
export async function assertSecondFactor(services: Services, actor: Actor, code: string | undefined, now: Date): Promise<void> {
  const inBusiness = tenantOf(actor)
  const { hasMfa } = await services.database.transaction(inBusiness, (db) => accounts.get(db, actor.accountId))
  if (!hasMfa) throw new Problem('mfa.needed-here')
  const attempt = await claimTry(services.database, mfaGuess(actor.accountId), now)
  const fits =
    attempt !== null && (await services.database.transaction(inBusiness, (db) => useTotp(db, services, actor.accountId, code ?? '', now)))
  if (!fits) throw new Problem('mfa.code-wrong', {}, { fields: [{ path: 'code', code: 'invalid' }] })
  await attempt.wasRight()
}
