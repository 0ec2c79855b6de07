import type { AnyRoute, Problem } from '@vigie/domain/kernel'
import type { Actor, Origin, Services } from '../platform/index.ts'
import { record } from './record.ts'

/** R40: every refusal of somebody known leaves one record, in a transaction of its own, since the refused one was rolled back. */
export async function recordRefusal(services: Services, actor: Actor, origin: Origin, route: AnyRoute, problem: Problem): Promise<void> {
  await services.database.transaction({ partnerId: actor.partnerId, scope: 'all', principalId: null }, (db) =>
    record(
      db,
      services.vault,
      services.clock.now(),
      { kind: 'account', actor, origin },
      {
        activity: `${route.id}.refused`,
        object: { kind: 'route', id: null, name: `${route.method} ${route.path}` },
        after: { problem: problem.code },
      },
    ),
  )
}
