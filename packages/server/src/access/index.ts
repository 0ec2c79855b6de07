import type { Handler, Services } from '../platform/index.ts'
import { sessionRoutes } from './routes/session.ts'
import { setupRoutes } from './routes/setup.ts'

export { prepareDummyHash } from './passwords.ts'
export { actorOf } from './sessions.ts'
export { isSetUp, setUp, setupToken, type FirstRun } from './setup.ts'

export const accessRoutes: Handler[] = [...setupRoutes, ...sessionRoutes]

/** Where people open the set-up page, with its one-use token after `#`: a fragment reaches no server and no log (R8). */
export const setupLink = (services: Pick<Services, 'publicUrl' | 'setupToken'>): string | null =>
  services.setupToken === null ? null : `${services.publicUrl}/setup#${services.setupToken}`
