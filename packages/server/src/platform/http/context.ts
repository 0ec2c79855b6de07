import type { Permission, Role } from '@vigie/domain/access'
import type { AnyRoute, BodyOf, Locale, ParamsOf, QueryOf, ReplyOf } from '@vigie/domain/kernel'
import type { FastifyReply } from 'fastify'
import type { TenantDb } from '../db/index.ts'
import type { Services } from '../services.ts'

/** Who asks. Comes from the session (later: the API key), never from the request's content (R2). */
export interface Actor {
  kind: 'account'
  partnerId: string
  accountId: string
  name: string
  email: string
  role: Role
  permissions: ReadonlySet<Permission>
  isScopeLimited: boolean
  sessionId: string
  sessionState: 'full' | 'mfa-needed' | 'mfa-enrolment-needed'
  locale: Locale
  timeZone: string
}

/** Where the request came from, for audit and limits. */
export interface Origin {
  address: string
  userAgent: string
  source: 'console' | 'api'
  /** From the session, else from Accept-Language. */
  locale: Locale
}

export interface Inputs<R extends AnyRoute> {
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
}

/** What a handler of a signed-in route gets: ONE transaction under the actor's row-level security, committed when it returns. */
export interface Context {
  db: TenantDb
  actor: Actor
  origin: Origin
  now: Date
  services: Services
  /** Version from `If-Match`; null: none was sent. */
  ifMatch: number | null
  /** Sets or clears the session cookie. */
  setSession(token: string | null): void
}
/** Public routes have no tenant yet: they open transactions themselves through `services.database`. */
export type PublicContext = Omit<Context, 'db' | 'actor' | 'ifMatch'>

/** `change` is one transaction under the actor's row-level security; it refuses to commit without an audit record (ACC-11). */
export type StepsContext = Omit<Context, 'db'> & { change<T>(work: (db: TenantDb) => Promise<T>): Promise<T> }

/** What a streamed reply is given: no transaction, it opens its own. */
export type StreamContext = Omit<Context, 'db'> & {
  /** Of a table: `?format=xlsx` in the address (EVT-4). */
  format: 'csv' | 'xlsx'
}

export interface Handler {
  route: AnyRoute
  /** False: the route answers as if it never were, before anything of the request is looked at (R8). Absent: always there. */
  isThere?: (services: Services) => Promise<boolean>
  run:
    | { kind: 'tenant'; handle: (context: Context, inputs: Inputs<AnyRoute>) => Promise<unknown> }
    | { kind: 'public'; handle: (context: PublicContext, inputs: Inputs<AnyRoute>) => Promise<unknown> }
    | { kind: 'steps'; handle: (context: StepsContext, inputs: Inputs<AnyRoute>) => Promise<unknown> }
    | { kind: 'stream'; handle: (context: StreamContext, inputs: Inputs<AnyRoute>, reply: FastifyReply) => Promise<void> }
}

/**
 * Binds a route to its handler: checks the permission, parses the input, opens ONE transaction under the actor's row-level security, turns a Problem into its
 * reply, and refuses to commit a change that left no audit record (ACC-11).
 */
export function handle<R extends AnyRoute>(route: R, run: (context: Context, inputs: Inputs<R>) => Promise<ReplyOf<R>>): Handler {
  return { route, run: { kind: 'tenant', handle: run as never } }
}
/** For routes with `permission: 'public'`. */
export function handlePublic<R extends AnyRoute>(
  route: R,
  run: (context: PublicContext, inputs: Inputs<R>) => Promise<ReplyOf<R>>,
  isThere?: Handler['isThere'],
): Handler {
  return { route, run: { kind: 'public', handle: run as never }, ...(isThere ? { isThere } : {}) }
}
/**
 * For signed-in routes that need more than one transaction: they hash a password (no connection is held meanwhile), or count an attempt that must stay counted
 * though the answer is a problem.
 */
export function handleInSteps<R extends AnyRoute>(
  route: R,
  run: (context: StepsContext, inputs: Inputs<R>) => Promise<ReplyOf<R>>,
): Handler {
  return { route, run: { kind: 'steps', handle: run as never } }
}
/** For routes that write the reply themselves, piece by piece (live stream, large exports), opening short transactions as they go. */
export function handleStream<R extends AnyRoute>(
  route: R,
  run: (context: StreamContext, inputs: Inputs<R>, reply: FastifyReply) => Promise<void>,
): Handler {
  return { route, run: { kind: 'stream', handle: run as never } }
}

/** The tenant a signed-in actor works in. */
export const tenantOf = (actor: Actor) => ({
  partnerId: actor.partnerId,
  scope: actor.isScopeLimited ? ('limited' as const) : ('all' as const),
  principalId: actor.accountId,
})
