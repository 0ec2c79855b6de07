import { createHash, X509Certificate } from 'node:crypto'
import { request, type RequestOptions } from 'node:https'
import { Problem, problems, type ProblemCode } from '@vigie/domain/kernel'

/** Why the server could not be talked to. Texts: `agent.connection.<reason>` and `.remedy`. */
export const connectionFaults = ['name-unknown', 'refused', 'timeout', 'unreachable', 'tls-not-trusted', 'tls-wrong-host', 'tls-expired', 'tls-failed', 'ca-differs', 'answer-invalid', 'closed'] as const
export type ConnectionFault = (typeof connectionFaults)[number]

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly reason: ConnectionFault
  constructor(reason: ConnectionFault, cause?: unknown) {
    super(reason, { cause })
    this.reason = reason
  }
}

const timeoutMs = 15_000
const answerBytes = 1_048_576

/**
 * The installation's CA certificate, fetched without trusting the connection and believed only if its SHA-256 is the one that travelled in the install
 * command. Nothing secret is sent here: this is the only request that does not verify the server (R29), since it asks for what verifying needs.
 * @throws ConnectionError `ca-differs`
 */
export async function fetchPinnedCa(server: string, sha256: string): Promise<string> {
  const url = new URL('/agent/v1/ca.pem', server)
  const { status, body } = await send(url, { method: 'GET', rejectUnauthorized: false })
  if (status !== 200) throw new ConnectionError('answer-invalid')
  const certificate = parseCertificate(body)
  if (certificate === null || fingerprintOf(certificate) !== normalFingerprint(sha256)) throw new ConnectionError('ca-differs')
  return certificate.toString()
}

/** Colons, spaces and case don't matter. */
export const normalFingerprint = (text: string): string => text.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()

export const fingerprintOf = (certificate: X509Certificate): string => createHash('sha256').update(certificate.raw).digest('hex')

function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

/** POSTs JSON over TLS that trusts this CA only. @throws Problem what the server answered; ConnectionError when there was no answer. */
export async function postJson(server: string, path: string, ca: string, value: unknown): Promise<unknown> {
  const body = JSON.stringify(value)
  const url = new URL(path, server)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const reply = await send(url, { method: 'POST', ca, headers }, body)
  const parsed = parseJson(reply.body)
  if (reply.status >= 200 && reply.status < 300) return parsed
  const code = (parsed as { code?: unknown } | null)?.code
  if (typeof code === 'string' && Object.hasOwn(problems, code)) throw new Problem(code as ProblemCode)
  throw new ConnectionError('answer-invalid', new Error(`status ${reply.status}`))
}

/** GETs over TLS that trusts this CA only: a look whether the server is there and is ours. */
export async function getStatus(server: string, path: string, ca: string): Promise<number> {
  return (await send(new URL(path, server), { method: 'GET', ca })).status
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ConnectionError('answer-invalid')
  }
}

function send(url: URL, options: RequestOptions, body = ''): Promise<{ status: number; body: string }> {
  if (url.protocol !== 'https:') return Promise.reject(new ConnectionError('tls-failed'))
  return new Promise((resolve, reject) => {
    const req = request(url, { ...options, agent: false, minVersion: 'TLSv1.2', signal: AbortSignal.timeout(timeoutMs) }, (res) => {
      const chunks: Buffer[] = []
      let size = 0
      res.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > answerBytes) req.destroy(new ConnectionError('answer-invalid'))
        else chunks.push(chunk)
      })
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
      res.on('error', (error) => reject(asConnectionError(error)))
    })
    req.on('error', (error) => reject(asConnectionError(error)))
    req.end(body)
  })
}

export function asConnectionError(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error
  const { code, name } = error as { code?: string; name?: string }
  return new ConnectionError(name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : faultOf(code ?? ''), error)
}

function faultOf(code: string): ConnectionFault {
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'].includes(code)) return 'name-unknown'
  if (code === 'ECONNREFUSED') return 'refused'
  if (['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)) return 'timeout'
  if (['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'].includes(code)) return 'unreachable'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'tls-wrong-host'
  if (['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].includes(code)) return 'tls-expired'
  if (/SELF_SIGNED|UNABLE_TO|CERT_|INVALID_CA|ISSUER/.test(code)) return 'tls-not-trusted'
  if (/SSL|TLS|EPROTO/.test(code)) return 'tls-failed'
  return 'closed'
}
