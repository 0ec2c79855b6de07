import * as z from 'zod'
import { CustomerId, defineRoute } from '../kernel/index.ts'

/** What an open console is told: something changed, no content. It then asks for what it shows. `customerId` null: business-wide. */
export const liveKinds = ['event', 'product', 'endpoint', 'command', 'detection', 'customer', 'delivery', 'account', 'order', 'maintenance', 'alert'] as const
export type LiveKind = (typeof liveKinds)[number]
export const LiveMessage = z.object({ kind: z.enum(liveKinds), id: z.string(), customerId: CustomerId.nullable() })
export type LiveMessage = z.infer<typeof LiveMessage>

/**
 * Server-sent events (EVT-8). `event: change` carries a LiveMessage; `event: resync` says "ask for everything again" and comes first on every
 * connection, so that a console that was away misses nothing; `event: bye`: the session ended. A comment every 15 s keeps proxies awake.
 */
export const live = defineRoute({
  id: 'live', method: 'GET', path: '/v1/live', permission: 'signed-in', reply: z.string(), problems: [], produces: 'text/event-stream',
})
