import {
  problems,
  Problem,
  type AnyRoute,
  type BodyInputOf,
  type FieldError,
  type ParamsOf,
  type ProblemCode,
  type QueryInputOf,
  type ReplyOf,
} from '@vigie/domain/kernel'

/** The server could not be reached at all, or something between us answered in its place. Nobody knows whether the call took effect. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

type Part<Name extends string, T> = [T] extends [undefined] ? unknown : { [K in Name]: T }
export type Input<R extends AnyRoute> = Part<'params', ParamsOf<R>> &
  Part<'body', BodyInputOf<R>> & { query?: Partial<QueryInputOf<R>> | undefined }

interface CallOptions {
  signal?: AbortSignal
  /** `version` of what was read: of two people editing the second is told (`request.changed-meanwhile`). */
  version?: number
  /** One key an intent: a double click, or a retry after `Unreachable`, is one order. Without it every call is an intent of its own. */
  intent?: string
}

type SessionCode = 'session.missing' | 'session.mfa-needed' | 'session.mfa-enrolment-needed'
let onSessionProblem: (code: SessionCode) => void = () => {}
/** The shell says where people go who are not (fully) signed in; it keeps the address they wanted. */
export const whenSessionEnds = (go: typeof onSessionProblem) => {
  onSessionProblem = go
}

/** The typed client: `api(createCustomer).call({ body })`. Everything comes from the route's data: address, method, shapes. */
export function api<R extends AnyRoute>(route: R) {
  return {
    route,
    /** For links and downloads: a GET's address. */
    href: (input: Input<R>) => address(route, input as LooseInput),
    call: (input: Input<R>, options: CallOptions = {}): Promise<ReplyOf<R>> =>
      send(route, input as LooseInput, options) as Promise<ReplyOf<R>>,
  }
}

interface LooseInput {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
}

function address(route: AnyRoute, input: LooseInput): string {
  const path = route.path.replace(/:([a-zA-Z]+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''))
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(input.query ?? {})) if (value !== undefined && value !== '') query.set(key, String(value))
  return `/api${path}${query.size > 0 ? `?${query}` : ''}`
}

/** Changes that are on their way, and how many ever were sent. */
const changing = new Set<Promise<unknown>>()
let changes = 0

/**
 * A change of one's own rights gives the session a new token (R32), and what is asked around it may still carry the old one: asked just before and served after, or told by the live
 * stream before the answer is here. It is refused though nobody was signed out, and is asked again once the change has its answer.
 */
async function send(route: AnyRoute, input: LooseInput, options: CallOptions): Promise<unknown> {
  if (route.method !== 'GET') {
    const change = sendOnce(route, input, options)
    changing.add(change)
    changes += 1
    return await change.catch(refused).finally(() => changing.delete(change))
  }
  const [isAmong, before] = [changing.size > 0, changes]
  try {
    return await sendOnce(route, input, options)
  } catch (error) {
    if ((!isAmong && changes === before) || !(error instanceof Problem) || error.code !== 'session.missing') return refused(error)
  }
  await Promise.allSettled(changing)
  return await sendOnce(route, input, options).catch(refused)
}

/** Who is not (fully) signed in any more is led to where that is mended. */
function refused(error: unknown): never {
  if (
    error instanceof Problem &&
    (error.code === 'session.missing' || error.code === 'session.mfa-needed' || error.code === 'session.mfa-enrolment-needed')
  )
    onSessionProblem(error.code)
  throw error
}

async function sendOnce(route: AnyRoute, input: LooseInput, { signal, version, intent }: CallOptions): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (input.body !== undefined) headers['content-type'] = 'application/json'
  if (version !== undefined) headers['if-match'] = `"${version}"`
  if (route.method === 'POST') headers['idempotency-key'] = intent ?? crypto.randomUUID()
  const reply = await fetch(address(route, input), {
    method: route.method,
    headers,
    credentials: 'same-origin',
    ...(signal ? { signal } : {}),
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable(String(error))
  })
  if (reply.ok) return reply.status === 204 ? null : await reply.json().catch(() => null)
  throw await problemFrom(reply)
}

async function problemFrom(reply: Response): Promise<Problem | Unreachable> {
  const said = (await reply.json().catch(() => null)) as { code?: string; data?: Record<string, unknown>; fields?: FieldError[] } | null
  const code = said?.code
  if (code === undefined || !(code in problems)) return new Unreachable(`status ${reply.status}`)
  return new Problem(code as ProblemCode, said?.data ?? {}, { fields: said?.fields ?? [] })
}
