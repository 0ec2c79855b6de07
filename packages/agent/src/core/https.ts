import { createHash, X509Certificate } from 'node:crypto'
import { request, type RequestOptions } from 'node:https'
import { Problem, problems, type ProblemCode } from '@vigie/domain/kernel'
import { asConnectionError, ConnectionError } from './faults.ts'
import { throughProxy, type Proxy } from './proxy.ts'

export { asConnectionError, ConnectionError, connectionFaults, type ConnectionFault } from './faults.ts'

const timeoutMs = 15_000
const answerBytes = 1_048_576

/**
 * The installation's CA certificate, fetched without trusting the connection and believed only if its SHA-256 is the one that travelled in the install
 * command. Nothing secret is sent here: this is the only request that does not verify the server (R29), since it asks for what verifying needs.
 * @throws ConnectionError `ca-differs`
 */
export async function fetchPinnedCa(server: string, sha256: string, proxy: Proxy | null = null): Promise<string> {
  const url = new URL('/agent/v1/ca.pem', server)
  const { status, body } = await send(url, { method: 'GET', rejectUnauthorized: false }, proxy)
  if (status !== 200) throw new ConnectionError('answer-invalid')
  const certificate = parseCertificate(body)
  if (certificate === null || fingerprintOf(certificate) !== normalFingerprint(sha256)) throw new ConnectionError('ca-differs')
  return certificate.toString()
}

/** Colons, spaces and case don't matter. */
export const normalFingerprint = (text: string): string => text.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()

export const fingerprintOf = (certificate: X509Certificate): string => createHash('sha256').update(certificate.raw).digest('hex')

export function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

/** POSTs JSON over TLS that trusts this CA only. @throws Problem what the server answered; ConnectionError when there was no answer. */
export async function postJson(server: string, path: string, ca: string, value: unknown, proxy: Proxy | null = null): Promise<unknown> {
  const body = JSON.stringify(value)
  const url = new URL(path, server)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const reply = await send(url, { method: 'POST', ca, headers }, proxy, body)
  const parsed = parseJson(reply.body)
  if (reply.status >= 200 && reply.status < 300) return parsed
  const code = (parsed as { code?: unknown } | null)?.code
  if (typeof code === 'string' && Object.hasOwn(problems, code)) throw new Problem(code as ProblemCode)
  throw new ConnectionError('answer-invalid', new Error(`status ${reply.status}`))
}

/** GETs over TLS that trusts this CA only: a look whether the server is there and is ours. */
export async function getStatus(server: string, path: string, ca: string, proxy: Proxy | null = null): Promise<number> {
  return (await send(new URL(path, server), { method: 'GET', ca }, proxy)).status
}

/** One question over TLS that trusts what `options.ca` says, its answer whole. @throws ConnectionError */
export const exchange = (
  url: URL,
  options: RequestOptions,
  proxy: Proxy | null,
  body?: string,
): Promise<{ status: number; body: string }> => send(url, options, proxy, body)

/** A body of any length, read as it comes; the caller counts. Given up when nothing comes for a while. @throws ConnectionError */
export function download(
  url: URL,
  { ca, signal }: { ca: string; signal: AbortSignal },
  proxy: Proxy | null,
): Promise<AsyncIterable<Uint8Array>> {
  if (url.protocol !== 'https:') return Promise.reject(new ConnectionError('tls-failed'))
  return new Promise((resolve, reject) => {
    const req = request(url, { method: 'GET', ca, agent: false, minVersion: 'TLSv1.2', signal, ...throughProxy(proxy, { ca }) }, (res) => {
      if (res.statusCode === 200) return resolve(bodyOf(res))
      res.resume()
      reject(new ConnectionError('answer-invalid', new Error(`status ${res.statusCode}`)))
    })
    req.setTimeout(timeoutMs * 2, () => req.destroy(new ConnectionError('timeout')))
    req.on('error', (error) => reject(asConnectionError(error)))
    req.end()
  })
}

async function* bodyOf(res: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* res
  } catch (error) {
    throw asConnectionError(error)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ConnectionError('answer-invalid')
  }
}

function send(url: URL, options: RequestOptions, proxy: Proxy | null, body = ''): Promise<{ status: number; body: string }> {
  const { method, headers, ...tls } = options
  if (url.protocol !== 'https:') return Promise.reject(new ConnectionError('tls-failed'))
  return new Promise((resolve, reject) => {
    const req = request(
      url,
      { method, headers, ...tls, agent: false, minVersion: 'TLSv1.2', signal: AbortSignal.timeout(timeoutMs), ...throughProxy(proxy, tls) },
      (res) => {
        const chunks: Buffer[] = []
        let size = 0
        res.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > answerBytes) req.destroy(new ConnectionError('answer-invalid'))
          else chunks.push(chunk)
        })
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
        res.on('error', (error) => reject(asConnectionError(error)))
      },
    )
    req.on('error', (error) => reject(asConnectionError(error)))
    req.end(body)
  })
}
