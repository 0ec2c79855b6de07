import type * as z from 'zod'
import type { Permission } from '../access/permissions.ts'
import type { ProblemCode } from './problems.ts'

/**
 * Who may call a route at all (R1). `public`: no session. `half-signed-in`: a session whose second factor is still missing (R31).
 * `signed-in`: any full session, about oneself only. Else the named permission, checked before anything else happens.
 */
export type RouteAccess = Permission | 'public' | 'half-signed-in' | 'signed-in'

/** A route is data: the server's handler, the console's typed client and the published OpenAPI all come from it. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  /** `slice.verb`; the OpenAPI operation id. */
  id: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Without the `/api` prefix; `:name` marks a parameter. */
  path: `/v1/${string}`
  permission: RouteAccess
  params?: Params
  query?: Query
  body?: Body
  reply: Reply
  /** Every problem the handler may answer, besides those any route may (`commonProblems`). */
  problems: readonly ProblemCode[]
  /** True where a change leaves no audit record because it changes nothing anyone could ask about (`me.mark-seen`). Rare; say why beside it. */
  unaudited?: true
  /** The reply holds a secret that is shown once: it is never kept, so an `Idempotency-Key` is not heeded (R9, R39). */
  hasSecretReply?: true
  /** For uploads: more than the 1 MiB that any route takes (R18). Rare; a file travels as base64, a third larger than it is. */
  bodyLimitBytes?: number
  /** Reply is a stream or a file (`text/csv`, `text/event-stream`); `reply` then only documents it. */
  produces?: string
}

export function defineRoute<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Reply extends z.ZodType = z.ZodType,
>(route: Route<Params, Query, Body, Reply>): Route<Params, Query, Body, Reply> {
  return route
}

// oxlint-disable-next-line typescript/no-explicit-any -- the widest route; each use narrows it again
export type AnyRoute = Route<any, any, any, any>

export type ParamsOf<R> = R extends Route<infer P, infer _Q, infer _B, infer _R> ? z.output<P> : never
export type QueryOf<R> = R extends Route<infer _P, infer Q, infer _B, infer _R> ? z.output<Q> : never
export type QueryInputOf<R> = R extends Route<infer _P, infer Q, infer _B, infer _R> ? z.input<Q> : never
export type BodyOf<R> = R extends Route<infer _P, infer _Q, infer B, infer _R> ? z.output<B> : never
export type BodyInputOf<R> = R extends Route<infer _P, infer _Q, infer B, infer _R> ? z.input<B> : never
export type ReplyOf<R> = R extends Route<infer _P, infer _Q, infer _B, infer R2> ? z.output<R2> : never
