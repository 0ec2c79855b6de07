import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import cookies from '@fastify/cookie'
import files from '@fastify/static'
import { fieldErrorsOf, locales, Problem, type AnyRoute, type Locale } from '@vigie/domain/kernel'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { TenantDb } from '../db/index.ts'
import { isAway } from '../db/errors.ts'
import type { Services } from '../services.ts'
import { tenantOf, type Actor, type Context, type Handler, type Inputs, type Origin, type StreamContext } from './context.ts'
import { runIdempotently } from './idempotency.ts'
import { problemReply } from './problems.ts'
import { freeConnectionsAtClose } from './closing.ts'

export interface HttpOptions {
  services: Services
  handlers: readonly Handler[]
  /** Folder of the built console; null: API only. */
  consoleFolder: string | null
  trustedProxies: string[]
  /** Leaves an audit record of a refusal (R40). */
  onRefusal(actor: Actor, origin: Origin, route: AnyRoute, problem: Problem): Promise<void>
  isReady(): Promise<boolean>
  metrics?(): Promise<string>
}

const csp = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export const sessionCookie = (publicUrl: string) => (publicUrl.startsWith('https:') ? '__Host-vigie' : 'vigie-session')

/** The API under `/api`, the console beside it, health and metrics. Every route is data: what is not in `handlers` does not exist (R1). */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { services } = options
  const app = Fastify({
    logger: false,
    bodyLimit: 1_048_576, // R18
    trustProxy: options.trustedProxies.length > 0 ? options.trustedProxies : false,
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 200 },
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
  })
  freeConnectionsAtClose(app)
  await app.register(cookies)
  // an empty body with a JSON type is no body
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      done(null, JSON.parse(body as string, refusePrototype))
    } catch {
      done(new Problem('request.invalid', {}, { fields: [{ path: '', code: 'not-json' }] }))
    }
  })

  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers({
      'content-security-policy': csp,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      ...(services.publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
    })
  })

  app.setErrorHandler((error, request, reply) => sendProblem(reply, toProblem(error, services), localeOf(request, null)))
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      request.method === 'GET' &&
      !request.url.startsWith('/api') &&
      !request.url.startsWith('/agent') &&
      (request.headers.accept ?? '').includes('text/html')
    if (isPage && options.consoleFolder !== null && existsSync(`${options.consoleFolder}/index.html`)) {
      return reply.sendFile('index.html')
    }
    return sendProblem(reply, new Problem('route.not-found'), localeOf(request, null))
  })

  for (const handler of options.handlers) register(app, handler, options)

  app.get('/healthz', async () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) =>
    (await options.isReady().catch(() => false)) ? { status: 'ready' } : reply.code(503).send({ status: 'not-ready' }),
  )
  if (options.metrics) {
    app.get('/metrics', async (request, reply) => {
      if (!isFromHere(request)) return sendProblem(reply, new Problem('route.not-found'), localeOf(request, null))
      return reply.type('text/plain; version=0.0.4').send(await options.metrics!())
    })
  }
  if (options.consoleFolder !== null && existsSync(options.consoleFolder)) {
    const root = options.consoleFolder
    // these are asked for with their content's hash in the address; all else is asked for again, or a console would outlive its server's upgrade
    const isStamped = (file: string) => /^.(assets.|first-paint\.js)/.test(file.slice(root.length))
    await app.register(files, {
      root,
      wildcard: false,
      preCompressed: true,
      index: false,
      cacheControl: false,
      setHeaders: (response, file) => {
        response.header('cache-control', isStamped(file) ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    // of its own: the library's index finds no packed one, and whoever takes packed answers but names no type (a monitor) was told there is nothing
    app.get('/', (_request, reply) => reply.sendFile('index.html'))
  }
  return app
}

function register(app: FastifyInstance, handler: Handler, options: HttpOptions) {
  const { route } = handler
  app.route({
    method: route.method,
    url: `/api${route.path}`,
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    handler: async (request, reply) => {
      void reply.header('cache-control', 'no-store')
      const { services } = options
      const token = request.cookies[sessionCookie(services.publicUrl)]
      let actor: Actor | null = null
      try {
        if (handler.isThere && !(await handler.isThere(services))) throw new Problem('route.not-found')
        actor = route.permission === 'public' ? null : await services.actorOf(token)
        const origin = originOf(request, actor)
        assertSameOrigin(request, services.publicUrl)
        try {
          assertAllowed(route, actor)
          const format = handler.run.kind === 'stream' ? formatOf(route, request) : 'csv'
          const inputs = parseInputs(route, request)
          return await answer(handler, { request, reply, services, actor, origin, inputs, format })
        } catch (error) {
          const problem = toProblem(error, services)
          if (actor !== null && [401, 403].includes(problem.kind.status)) await options.onRefusal(actor, origin, route, problem)
          throw problem
        }
      } catch (error) {
        return sendProblem(reply, toProblem(error, services), localeOf(request, actor))
      }
    },
  })
}

interface Call {
  request: FastifyRequest
  reply: FastifyReply
  services: Services
  actor: Actor | null
  origin: Origin
  inputs: Inputs<AnyRoute>
  format: StreamContext['format']
}

async function answer({ route, run }: Handler, { request, reply, services, actor, origin, inputs, format }: Call) {
  const setSession = (token: string | null) => {
    const name = sessionCookie(services.publicUrl)
    const attributes = { path: '/', httpOnly: true, sameSite: 'strict' as const, secure: services.publicUrl.startsWith('https:') }
    void (token === null ? reply.clearCookie(name, attributes) : reply.setCookie(name, token, attributes))
  }
  const base = { origin, now: services.clock.now(), services, setSession }
  if (run.kind === 'public') return await send(reply, route, await run.handle(base, inputs))
  const context = { ...base, actor: actor!, ifMatch: versionOf(request) }
  if (run.kind === 'stream') {
    await run.handle({ ...context, format }, inputs, reply)
    return reply
  }
  const assertAudited = (db: TenantDb) => {
    if (route.method !== 'GET' && route.unaudited !== true && !db.isAudited)
      throw new Error(`${route.id} changed something and left no audit record (ACC-11)`)
  }
  if (run.kind === 'steps') {
    const change = async <T>(work: (db: TenantDb) => Promise<T>) =>
      await services.database.transaction(tenantOf(actor!), async (db) => {
        const value = await work(db)
        assertAudited(db)
        return value
      })
    return await send(reply, route, await run.handle({ ...context, change }, inputs))
  }
  const result = await services.database.transaction(tenantOf(actor!), async (db) => {
    const work = async () => {
      const value = await run.handle({ ...context, db } satisfies Context, inputs)
      assertAudited(db)
      return value
    }
    const key = request.headers['idempotency-key']
    if (route.method !== 'POST' || route.hasSecretReply || typeof key !== 'string') return await work()
    const hash = createHash('sha256')
      .update(`${route.id} ${JSON.stringify(inputs)}`)
      .digest()
    return await runIdempotently(db, actor!.accountId, key, hash, work)
  })
  return await send(reply, route, result)
}

async function send(reply: FastifyReply, route: AnyRoute, value: unknown) {
  if (route.produces === 'text/csv') {
    void reply.header('content-disposition', `attachment; filename="${route.path.split('/').at(-1)}"`)
    return reply.type('text/csv; charset=utf-8').send(value)
  }
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(value ?? null))
}

function assertAllowed(route: AnyRoute, actor: Actor | null): void {
  if (route.permission === 'public') return
  if (actor === null) throw new Problem('session.missing')
  if (route.permission === 'half-signed-in') return
  if (actor.sessionState !== 'full') throw new Problem(`session.${actor.sessionState}`)
  if (route.permission === 'signed-in') return
  if (!actor.permissions.has(route.permission)) throw new Problem('permission.missing', { permission: route.permission })
}

/** R33: a change proves that it comes from the console's own origin. Programs without a session cookie have no origin to prove. */
function assertSameOrigin(request: FastifyRequest, publicUrl: string): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') assertOwnOrigin(request, publicUrl)
}

/** What a browser says of where the request was made; live connections are held to it too, though they read only. @throws request.other-origin */
export function assertOwnOrigin(request: FastifyRequest, publicUrl: string): void {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Problem('request.other-origin')
  if (origin === undefined) return
  const own = new Set([new URL(publicUrl).origin, `${request.protocol}://${request.host}`])
  if (!own.has(origin)) throw new Problem('request.other-origin')
}

/** Of a table that is streamed: `?format=xlsx` beside its own query. @throws request.invalid */
function formatOf(route: AnyRoute, request: FastifyRequest): StreamContext['format'] {
  const query = request.query as Record<string, unknown>
  if (route.produces !== 'text/csv' || query['format'] === undefined) return 'csv'
  const { format } = query
  delete query['format']
  if (format !== 'csv' && format !== 'xlsx')
    throw new Problem('request.invalid', {}, { fields: [{ path: 'format', code: 'not-a-choice' }] })
  return format
}

function parseInputs(route: AnyRoute, request: FastifyRequest): Inputs<AnyRoute> {
  const fields = []
  const out: Record<string, unknown> = {}
  for (const part of ['params', 'query', 'body'] as const) {
    const schema = route[part]
    const value = request[part]
    if (schema === undefined) {
      if (part === 'body' && value !== undefined && value !== null)
        throw new Problem('request.invalid', {}, { fields: [{ path: '', code: 'unknown' }] })
      continue
    }
    const parsed = schema.safeParse(value ?? (part === 'body' ? undefined : {}))
    if (parsed.success) out[part] = parsed.data
    else if (part === 'params') throw new Problem(notFoundOf(route))
    else fields.push(...fieldErrorsOf(parsed.error))
  }
  if (fields.length > 0) throw new Problem('request.invalid', {}, { fields })
  return out as unknown as Inputs<AnyRoute>
}

/** A malformed id answers like one that never was (R2). */
const notFoundOf = (route: AnyRoute) => route.problems.find((code) => code.endsWith('.not-found')) ?? 'route.not-found'

function versionOf(request: FastifyRequest): number | null {
  const text = request.headers['if-match']
  const match = typeof text === 'string' ? /^"?(\d{1,9})"?$/.exec(text) : null
  return match ? Number(match[1]) : null
}

/** From a program on this machine, and not on behalf of somebody behind a proxy: how busy we are is nobody else's business. */
function isFromHere(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? ''
  const isLoopback = address === '::1' || /^(::ffff:)?127\./.test(address)
  return isLoopback && ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].every((name) => request.headers[name] === undefined)
}

function originOf(request: FastifyRequest, actor: Actor | null): Origin {
  const agent = request.headers['user-agent'] ?? ''
  return {
    address: request.ip,
    userAgent: agent.slice(0, 300),
    source: request.headers['sec-fetch-site'] === undefined ? 'api' : 'console',
    locale: localeOf(request, actor),
  }
}

function localeOf(request: FastifyRequest, actor: Actor | null): Locale {
  if (actor) return actor.locale
  const wanted = (request.headers['accept-language'] ?? '')
    .toLowerCase()
    .slice(0, 100)
    .split(',')
    .map((part) => part.trim().slice(0, 2))
  return wanted.find((language): language is Locale => (locales as readonly string[]).includes(language)) ?? 'en'
}

export function toProblem(error: unknown, services: Pick<Services, 'log'>): Problem {
  if (error instanceof Problem) return error
  if (isAway(error)) return new Problem('server.database-away', {}, { cause: error })
  const code = (error as { code?: string }).code
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem('request.too-large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Problem('request.not-json')
  if (code === '22021' || code === '22P05') return new Problem('request.invalid', {}, { cause: error }) // a NUL in a text, which PostgreSQL cannot hold
  if ((error as { statusCode?: number }).statusCode === 400) return new Problem('request.invalid')
  services.log.error('request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  return new Problem('server.fault', {}, { cause: error })
}

function sendProblem(reply: FastifyReply, problem: Problem, locale: Locale) {
  const { retry, status } = problem.kind
  if (retry && (status === 429 || status === 503)) void reply.header('retry-after', '5')
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problemReply(problem, locale)))
}

/** `__proto__` in outside JSON is dropped before it can reach an object (R21). */
const refusePrototype = (key: string, value: unknown) => (key === '__proto__' ? undefined : value)
