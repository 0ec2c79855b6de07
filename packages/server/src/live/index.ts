import { live } from '@vigie/domain/live'
import { assertOwnOrigin, handleStream, type Handler } from '../platform/index.ts'
import type { LiveHub } from './hub.ts'
import { createOutlet } from './outlet.ts'

export { createHub, liveLimits, type LiveHub } from './hub.ts'

export const liveRoutes = (hub: LiveHub): Handler[] => [
  handleStream(live, async ({ actor, services }, { query }, reply) => {
    assertOwnOrigin(reply.request, services.publicUrl)
    hub.assertRoom(actor)
    reply.hijack()
    hub.open(actor, createOutlet(reply.raw, reply.getHeaders()), query.awayMs ?? null)
  }),
]
