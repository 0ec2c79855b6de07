import { accessApi } from '@vigie/domain/access'
import { handlePublic, type Handler, type Services } from '../../platform/index.ts'
import { assertSetupToken, isSetUp, setUp } from '../setup.ts'

/** R8: once used, these are 404 whatever one sends them. */
const isThere = async (services: Services) => !(await isSetUp(services))

export const setupRoutes: Handler[] = [
  handlePublic(accessApi.getSetup, async () => ({ isNeeded: true as const }), isThere),
  handlePublic(
    accessApi.completeSetup,
    async ({ services, origin, setSession }, { body: { token, ...firstRun } }) => {
      await assertSetupToken(services, token)
      const { sessionToken } = await setUp(services, firstRun, origin)
      setSession(sessionToken)
      return { state: 'full' as const }
    },
    isThere,
  ),
]
