import * as z from 'zod'
import { CustomerId, defineRoute } from '../kernel/index.ts'

/** What an open console is told: something changed, no content. It then asks for what it shows. `customerId` null: business-wide. */
export const liveKinds = [
  'event',
  'product',
  'endpoint',
  'command',
  'detection',
  'customer',
  'delivery',
  'account',
  'order',
  'maintenance',
  'alert',
] as const
export type LiveKind = (typeof liveKinds)[number]
export const LiveMessage = z.object({ kind: z.enum(liveKinds), id: z.string(), customerId: CustomerId.nullable() })
export type LiveMessage = z.infer<typeof LiveMessage>

/** So far back a server knows what changed, ms. */
export const rememberedMs = 60_000
/**
 * Server-sent events (EVT-8). `event: resync` comes first on every connection and says "ask for everything again", so that a console that was away misses nothing; `event: change` carries a LiveMessage;
 * `event: bye`: the session ended. A comment every 15 s keeps proxies awake. `awayMs`: how long ago the oldest of what the console shows was read; where the server knows what changed since, `resync`
 * carries `isCovered: true`, nothing need be asked again, and those changes follow.
 */
export const live = defineRoute({
  id: 'live',
  method: 'GET',
  path: '/v1/live',
  permission: 'signed-in',
  query: z.strictObject({ awayMs: z.coerce.number().int().min(0).max(1e12).optional() }),
  reply: z.string(),
  problems: [],
  produces: 'text/event-stream',
})
export const Resync = z.object({ isCovered: z.boolean().default(false) })
export { createPacer, type PaceClock, type Pacer } from './pace.ts'
