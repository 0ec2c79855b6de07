import { createHash, X509Certificate } from 'node:crypto'
import { Agent as KeepAlive, request } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import { EnrolReply, forkText, protocolVersion, type EnrolRequest, type ForkRequest } from '@vigie/domain/agents'
import { type LabIdentity, makeKeyPair, newEpoch, signText } from './identity.ts'

export const labVersion = '0.1.0-lab'

/** Where the agents are heard, and the CA they pin. */
export interface LabServer {
  /** `https://host:port` */
  url: string
  /** PEM. */
  ca: string
  /** AGT-8: a site server; its endpoints open their channels there, whatever address the installation names. */
  isSite?: boolean
}

/** What one simulated installation needs to enrol: a GUID registers one. */
export interface Enrolment {
  guid: string
  key: string
}

/** An answer that is not 2xx. `code`: of the problem, as the server named it. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(`${status} ${code}`)
    this.status = status
    this.code = code
  }
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  constructor() {
    super('no answer within 30 s')
  }
}

/** One TLS context for all connections of a fleet: building one for each costs more than the handshake. */
export const trustOf = (server: LabServer): SecureContext => createSecureContext({ ca: server.ca, minVersion: 'TLSv1.2' })

/**
 * The installation's CA, believed only when its SHA-256 is the one of the install command (R29: this request alone does not verify, since it asks for what
 * verifying needs; nothing secret travels).
 * @throws Error when it differs
 */
export async function fetchCa(url: string, fingerprint: string): Promise<string> {
  const { status, body } = await send(new URL('/agent/v1/ca.pem', url), { method: 'GET', rejectUnauthorized: false })
  if (status !== 200) throw new Refused(status, 'no-ca')
  const ca = new X509Certificate(body)
  const seen = createHash('sha256').update(ca.raw).digest('hex')
  if (seen !== fingerprint.replaceAll(':', '').toLowerCase())
    throw new Error(`the server's CA is ${seen}, not the one of the install command`)
  return ca.toString()
}

/** Enrols and forks over kept-alive connections. */
export class EnrolClient {
  readonly #server: LabServer
  readonly #connections: KeepAlive
  readonly #againMs: number

  constructor(server: LabServer, concurrency: number, againMs = 2_000) {
    this.#server = server
    this.#againMs = againMs
    this.#connections = new KeepAlive({ keepAlive: true, maxSockets: concurrency, ca: server.ca })
  }

  async enrol({ guid, key }: Enrolment, machine: LabIdentity['machine']): Promise<LabIdentity> {
    const pair = makeKeyPair()
    const body: EnrolRequest = { guid, key, publicKey: pair.publicKey, agentVersion: labVersion, protocol: protocolVersion, machine }
    return this.#identity(await this.#post('/agent/v1/enrol', body), pair, machine)
  }

  /** R10: a clone takes an identity of its own, signed with the shared key. */
  async fork(shared: LabIdentity, machine: LabIdentity['machine']): Promise<LabIdentity> {
    const pair = makeKeyPair()
    const unsigned: Omit<ForkRequest, 'signature'> = {
      agentId: shared.agentId,
      publicKey: pair.publicKey,
      machine,
      agentVersion: labVersion,
      at: new Date().toISOString(),
    }
    return this.#identity(
      await this.#post('/agent/v1/fork', { ...unsigned, signature: signText(shared.privateKey, forkText(unsigned)) }),
      pair,
      machine,
    )
  }

  close(): void {
    this.#connections.destroy()
  }

  #identity(reply: unknown, pair: ReturnType<typeof makeKeyPair>, machine: LabIdentity['machine']): LabIdentity {
    const { agentId, commandKey, channel } = EnrolReply.parse(reply)
    const opened = this.#server.isSite ? new URL('/agent/v1/channel', this.#server.url.replace(/^https:/, 'wss:')).href : channel
    return { agentId, commandKey, channel: opened, ...pair, machine, counter: 0, epoch: newEpoch(), nextSeq: 1, serial: 1 }
  }

  /** Asks again, a little later each time, where the server says that this may help (429, 503) or nothing at all, as an agent does. */
  async #post(path: string, value: unknown): Promise<unknown> {
    const body = JSON.stringify(value)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    for (let attempt = 1; ; attempt++) {
      const reply = await send(new URL(path, this.#server.url), { method: 'POST', agent: this.#connections, headers }, body).catch(
        (error: unknown) => {
          if (!(error instanceof NoAnswer) || attempt >= 6) throw error
          return null // asked again with the same key: an answer that got lost is given again
        },
      )
      if (reply === null) continue
      const parsed: unknown = reply.body === '' ? null : JSON.parse(reply.body)
      if (reply.status < 300) return parsed
      if ((reply.status !== 429 && reply.status !== 503) || attempt >= 6)
        throw new Refused(reply.status, String((parsed as { code?: unknown } | null)?.code ?? ''))
      await new Promise((resolve) => setTimeout(resolve, attempt * this.#againMs))
    }
  }
}

function send(url: URL, options: Parameters<typeof request>[1] & object, body = ''): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = request(url, { ...options, timeout: 30_000 }, (res) => {
      let text = ''
      res
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve({ status: res.statusCode ?? 0, body: text }))
        .on('error', reject)
    })
    req.on('timeout', () => req.destroy(new NoAnswer())).on('error', reject)
    req.end(body)
  })
}
