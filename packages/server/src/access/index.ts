import type { Handler, Services } from '../platform/index.ts'
import { accountRoutes } from './routes/accounts.ts'
import { businessRoutes } from './routes/business.ts'
import { linkRoutes } from './routes/links.ts'
import { meRoutes } from './routes/me.ts'
import { sessionRoutes } from './routes/session.ts'
import { setupRoutes } from './routes/setup.ts'

export { listForOperator, passwordLink, resetMfa } from './operator.ts'
export { createGate } from './gate.ts'
export { hashPassword, isPassword, prepareDummyHash } from './passwords.ts'
export { assertSecondFactor } from './second-factor.ts'
export { actorOf, standingOfActor, standings } from './sessions.ts'
/** Of another account, to judge by. */
export { wholeScope } from './store.ts'
export { actorNow, isSetUp, setUp, setupToken, type FirstRun } from './setup.ts'

export const accessRoutes: Handler[] = [...setupRoutes, ...sessionRoutes, ...meRoutes, ...linkRoutes, ...accountRoutes, ...businessRoutes]

/** Sessions, links and attempts that count for nothing any more. */
export { removeOldAttempts } from './attempts.ts'
export { removeOldLinks } from './links.ts'
export { removeEndedSessions } from './sessions.ts'

/** Where people open the set-up page, with its one-use token after `#`: a fragment reaches no server and no log (R8). */
export const setupLink = (services: Pick<Services, 'publicUrl' | 'setupToken'>): string | null =>
  services.setupToken === null ? null : `${services.publicUrl}/setup#${services.setupToken}`
