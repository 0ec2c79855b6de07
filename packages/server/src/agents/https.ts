import type { IncomingMessage, ServerResponse } from 'node:http'
import { EnrolRequest, ForkRequest, LineDown, lineLimits, linePath, LineUp } from '@vigie/domain/agents'
import { fieldErrorsOf, locales, Problem, type Locale } from '@vigie/domain/kernel'
import { problemReply, toProblem, type Services } from '../platform/index.ts'
import { enrol, fork } from './enrol.ts'
import { answerRelease } from '../releases/index.ts'
import { platforms, type Packages } from './packages.ts'
import type { Polls } from './polls.ts'

/** An enrolment is a few hundred bytes (R18). */
const questionBytes = 65_536
const bodyMs = 15_000

export interface AgentPages {
  services: Services
  /** PEM. */
  caCertificate: string
  packages: Packages
  polls: Polls
}

/** Answers what agents ask before they have a channel. The paths are few and fixed: what is not here does not exist (R1). */
export async function answer(pages: AgentPages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { services } = pages
  try {
    await route(pages, request, response)
  } catch (error) {
    const problem = toProblem(error, services)
    if (response.headersSent) return void response.destroy()
    const { status, retry } = problem.kind
    if (retry && (status === 429 || status === 503)) response.setHeader('retry-after', '5')
    // what is left of a body is not read: the connection can't be used for another question
    if (!request.complete) response.setHeader('connection', 'close')
    send(response, status, 'application/problem+json; charset=utf-8', JSON.stringify(problemReply(problem, localeOf(request))))
  }
}

async function route(
  { services, caCertificate, packages, polls }: AgentPages,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const address = request.socket.remoteAddress ?? ''
  switch (`${request.method} ${request.url}`) {
    case 'GET /agent/v1/ca.pem':
      return send(response, 200, 'application/x-pem-file', caCertificate)
    case 'GET /agent/v1/install.sh':
      return send(response, 200, 'text/x-shellscript; charset=utf-8', await packages.installScript(services))
    case 'GET /agent/v1/download/linux-x64':
    case 'GET /agent/v1/download/linux-x64.deb':
    case 'GET /agent/v1/download/linux-arm64':
    case 'GET /agent/v1/download/linux-arm64.deb':
      return await packages.send(
        response,
        platforms.find((platform) => request.url!.endsWith(`/${platform}`))!,
      )
    case 'POST /agent/v1/enrol':
      return send(
        response,
        200,
        'application/json; charset=utf-8',
        JSON.stringify(await enrol(services, parse(EnrolRequest, await bodyOf(request)), address)),
      )
    case 'POST /agent/v1/fork':
      return send(
        response,
        200,
        'application/json; charset=utf-8',
        JSON.stringify(await fork(services, parse(ForkRequest, await bodyOf(request)), address)),
      )
    case `POST ${linePath}`:
      return send(response, 200, 'application/json; charset=utf-8', JSON.stringify(polls.open(address)))
    case `POST ${linePath}/up`:
    case `POST ${linePath}/down`:
      return await onLine(polls, request, response)
    default:
      if (request.method !== 'GET' || !(await answerRelease(services, request.url ?? '', response))) throw new Problem('route.not-found')
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response
    .writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(body)
}

interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Parameters<typeof fieldErrorsOf>[0] }
}

function parse<T>(shape: Shape<T>, value: unknown): T {
  const parsed = shape.safeParse(value)
  if (!parsed.success) throw new Problem('request.invalid', {}, { fields: fieldErrorsOf(parsed.error, value) })
  return parsed.data
}

/** What no agent of ours says ends the line, as it ends a WebSocket. */
async function onLine(polls: Polls, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const line = polls.find(request.headers.authorization)
  if (!line) return polls.unknown(response)
  try {
    const body = await bodyOf(request, line.connection.identity === null ? lineLimits.greetingBytes : lineLimits.bodyBytes)
    if (request.url === `${linePath}/up`) polls.up(line, parse(LineUp, body), response)
    else polls.down(line, parse(LineDown, body), response)
  } catch (error) {
    // one that broke off on the way is said again
    if (request.complete || (error instanceof Problem && error.code === 'request.too-large')) line.connection.refuse('agent.frame-invalid')
    throw error
  }
}

/** @throws request.too-large, request.not-json, request.invalid */
async function bodyOf(request: IncomingMessage, bodyBytes = questionBytes): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw new Problem('request.not-json')
  if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw new Problem('request.too-large')
  const chunks: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => request.destroy(), bodyMs)
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > bodyBytes) throw new Problem('request.too-large')
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('request.invalid', {}, { cause: error, fields: [{ path: '', code: 'not-json' }] })
  } finally {
    clearTimeout(timer)
  }
}

function localeOf(request: IncomingMessage): Locale {
  const wanted = (request.headers['accept-language'] ?? '')
    .toLowerCase()
    .slice(0, 100)
    .split(',')
    .map((part) => part.trim().slice(0, 2))
  return wanted.find((language): language is Locale => (locales as readonly string[]).includes(language)) ?? 'en'
}
