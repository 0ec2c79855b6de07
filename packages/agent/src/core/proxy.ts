import { createHash, randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import * as z from 'zod'
import { asConnectionError, ConnectionError, type ConnectionFault } from './faults.ts'

/**
 * A proxy on the way to the server (AGT-5). It only carries: TLS runs end to end through it and trusts the pinned CA alone, so a proxy sees the server's name and
 * nothing else, and one that inspects TLS is refused like any stranger (R29).
 */
export const ProxySettings = z.strictObject({
  /** `http`: CONNECT (RFC 9110 §9.3.6). `socks5`: RFC 1928; names are resolved by the proxy. */
  protocol: z.enum(['http', 'socks5']),
  /** A name or an address, an IPv6 one without brackets. */
  host: z.string().regex(/^[A-Za-z0-9_.:-]{1,253}$/),
  port: z.number().int().min(1).max(65_535),
  /** Null: no sign-in. The password is not here but in a file of its own (`ProxySecret`). */
  user: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\u0000-\u001f\u007f]*$/)
    .nullable()
    .default(null),
  /** Of `http` only. `auto`: what the proxy asks for, digest before basic (which shows the password to whoever listens on the LAN). */
  auth: z.enum(['auto', 'basic', 'digest']).default('auto'),
})
export type ProxySettings = z.infer<typeof ProxySettings>
export type Proxy = ProxySettings & { password: string }

const timeoutMs = 10_000
/** A proxy's answer before the tunnel. */
const headBytes = 16_384

/**
 * What `request` of `node:https` and `ws` take in place of their own way to connect. Empty without a proxy: then they do as ever.
 * @param tls whom to trust, as the caller would have said it to them
 */
export function throughProxy(proxy: Proxy | null, tls: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>): object {
  if (proxy === null) return {}
  return {
    agent: undefined,
    createConnection: (
      options: { host?: string | null; hostname?: string | null; port?: number | string | null },
      done: (error: Error | null, socket?: TLSSocket) => void,
    ) => {
      const host = (options.hostname ?? options.host ?? '').replace(/^\[|\]$/g, '')
      openTunnel(proxy, host, Number(options.port ?? 443)).then(
        (socket) => done(null, connectTls({ ...tls, socket, host, minVersion: 'TLSv1.2', servername: isIP(host) ? '' : host })),
        (error: unknown) => done(asConnectionError(error)),
      )
    },
  }
}

/** A plain connection to `host:port` through the proxy. @throws ConnectionError whose reason begins with `proxy-` */
export async function openTunnel(proxy: Proxy, host: string, port: number): Promise<Socket> {
  return proxy.protocol === 'socks5' ? socks5(proxy, host, port) : httpConnect(proxy, host, port)
}

/** The first leg by itself, for the connection test. @returns the proxy's addresses */
export async function proxyAddresses({ host }: ProxySettings): Promise<string> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address).join(', ')
  } catch (error) {
    throw new ConnectionError('proxy-name-unknown', error)
  }
}

/** A connection to the proxy itself. @throws ConnectionError */
export function openProxy({ host, port }: ProxySettings): Promise<Socket> {
  const faults: Partial<Record<ConnectionFault, ConnectionFault>> = {
    'name-unknown': 'proxy-name-unknown',
    refused: 'proxy-refused',
    timeout: 'proxy-timeout',
  }
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const fail = (error: unknown) => {
      clearTimeout(timer)
      socket.destroy()
      reject(new ConnectionError(faults[asConnectionError(error).reason] ?? 'proxy-unreachable', error))
    }
    const timer = setTimeout(() => fail(new ConnectionError('timeout')), timeoutMs)
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

// ---- HTTP CONNECT --------------------------------------------------------------------------------------------

interface Answer {
  status: number
  challenges: string[]
}

/** Asks without sign-in first unless it is basic by choice; each try has a connection of its own, so that a proxy that closes after 407 is no case apart. */
async function httpConnect(proxy: Proxy, host: string, port: number): Promise<Socket> {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  let authorization = proxy.user !== null && proxy.auth === 'basic' ? basic(proxy) : null
  for (let attempt = 1; ; attempt++) {
    const socket = await openProxy(proxy)
    try {
      const { status, challenges } = await askConnect(socket, target, authorization)
      if (status >= 200 && status < 300) return socket
      if (status !== 407)
        throw new ConnectionError(
          status === 502 || status === 503 || status === 504
            ? 'proxy-no-way'
            : status === 403 || status === 405
              ? 'proxy-denied'
              : 'proxy-failed',
        )
      const next = attempt <= 2 ? answerTo(challenges, proxy, target, authorization !== null) : null
      if (next === null) throw new ConnectionError('proxy-sign-in')
      authorization = next
      socket.destroy()
    } catch (error) {
      socket.destroy()
      throw error
    }
  }
}

async function askConnect(socket: Socket, target: string, authorization: string | null): Promise<Answer> {
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`}\r\n`,
  )
  const head = (
    await readUntil(socket, (bytes) => {
      const end = bytes.indexOf('\r\n\r\n')
      return end === -1 ? null : end + 4
    })
  ).toString('latin1')
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]
  if (status === undefined) throw new ConnectionError('proxy-failed')
  return {
    status: Number(status),
    challenges: lines.filter((line) => /^proxy-authenticate:/i.test(line)).map((line) => line.slice(line.indexOf(':') + 1).trim()),
  }
}

/** Null: nothing we have would be taken. @param wasTried a second challenge is answered only when its nonce had become stale */
function answerTo(challenges: readonly string[], proxy: Proxy, target: string, wasTried: boolean): string | null {
  if (proxy.user === null) return null
  if (proxy.auth !== 'basic') {
    for (const algorithm of ['SHA-256', 'MD5'] as const) {
      for (const challenge of challenges) {
        const asked = digestChallenge(challenge)
        if (asked && (asked.algorithm ?? 'MD5').toUpperCase() === algorithm && (!wasTried || asked.stale?.toLowerCase() === 'true'))
          return digest(asked, algorithm, proxy, target)
      }
    }
  }
  return !wasTried && proxy.auth !== 'digest' && challenges.some((challenge) => /^basic\b/i.test(challenge)) ? basic(proxy) : null
}

const basic = ({ user, password }: Proxy): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

function digestChallenge(challenge: string): Record<string, string> | null {
  if (!/^digest /i.test(challenge)) return null
  const fields: Record<string, string> = Object.create(null)
  for (const [, name, quoted, word] of challenge.slice(7).matchAll(/([a-zA-Z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g))
    fields[name!.toLowerCase()] ??= quoted?.replaceAll(/\\(.)/g, '$1') ?? word ?? ''
  return fields.nonce === undefined ? null : fields
}

/** RFC 7616 §3.4, `auth` or the old form without `qop`. Exported for its test against the RFC's own example. */
export function digest(
  asked: Record<string, string>,
  algorithm: 'MD5' | 'SHA-256',
  { user, password }: Pick<Proxy, 'user' | 'password'>,
  uri: string,
  method = 'CONNECT',
  cnonce = randomBytes(16).toString('base64url'),
): string {
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const hasQop = (asked.qop ?? '').split(',').some((word) => word.trim() === 'auth')
  const nc = '00000001'
  const secret = hash(`${user}:${asked.realm ?? ''}:${password}`)
  const request = hash(`${method}:${uri}`)
  const response = hash(hasQop ? `${secret}:${asked.nonce}:${nc}:${cnonce}:auth:${request}` : `${secret}:${asked.nonce}:${request}`)
  const quote = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
  const parts = [
    `username=${quote(user ?? '')}`,
    `realm=${quote(asked.realm ?? '')}`,
    `nonce=${quote(asked.nonce ?? '')}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ]
  if (hasQop) parts.push('qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`)
  if (asked.opaque !== undefined) parts.push(`opaque=${quote(asked.opaque)}`)
  return `Digest ${parts.join(', ')}`
}

// ---- SOCKS 5 -------------------------------------------------------------------------------------------------

async function socks5(proxy: Proxy, host: string, port: number): Promise<Socket> {
  const socket = await openProxy(proxy)
  try {
    socket.write(proxy.user === null ? Buffer.from([5, 1, 0]) : Buffer.from([5, 2, 0, 2]))
    const [version, method] = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : null))
    if (version !== 5) throw new ConnectionError('proxy-failed')
    if (method === 2 && proxy.user !== null) await signIn(socket, proxy.user, proxy.password)
    else if (method !== 0) throw new ConnectionError('proxy-sign-in')
    socket.write(Buffer.concat([Buffer.from([5, 1, 0]), socksAddress(host), Buffer.from([port >> 8, port & 255])]))
    const reply = await readUntil(socket, socksReplyLength)
    if (reply[1] !== 0)
      throw new ConnectionError(reply[1] === 2 ? 'proxy-denied' : [3, 4, 5, 6].includes(reply[1]!) ? 'proxy-no-way' : 'proxy-failed')
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** RFC 1929. */
async function signIn(socket: Socket, user: string, password: string): Promise<void> {
  const [name, secret] = [Buffer.from(user), Buffer.from(password)]
  if (name.length > 255 || secret.length > 255) throw new ConnectionError('proxy-sign-in')
  socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]))
  const [, status] = await readUntil(socket, (bytes) => (bytes.length >= 2 ? 2 : null))
  if (status !== 0) throw new ConnectionError('proxy-sign-in')
}

/** The proxy resolves names: the machine behind it often can't. */
function socksAddress(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([1, ...host.split('.').map(Number)])
  const name = Buffer.from(host) // an IPv6 address goes as a name too: proxies take it, and we need no parser of our own
  if (name.length > 255) throw new ConnectionError('name-unknown')
  return Buffer.concat([Buffer.from([3, name.length]), name])
}

function socksReplyLength(bytes: Buffer): number | null {
  if (bytes.length < 5) return null
  const address = bytes[3] === 1 ? 4 : bytes[3] === 4 ? 16 : bytes[3] === 3 ? 1 + bytes[4]! : null
  if (bytes[0] !== 5 || address === null) throw new ConnectionError('proxy-failed')
  return bytes.length >= 4 + address + 2 ? 4 + address + 2 : null
}

// ---- both ----------------------------------------------------------------------------------------------------

/** Reads until `lengthOf` knows how long the answer is; what came beyond it goes back, it belongs to TLS. */
function readUntil(socket: Socket, lengthOf: (bytes: Buffer) => number | null): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', onError).off('close', onClose).pause()
      settle()
    }
    const fail = (reason: ConnectionFault, cause?: unknown) =>
      end(() => reject(cause instanceof ConnectionError ? cause : new ConnectionError(reason, cause)))
    const timer = setTimeout(() => fail('proxy-timeout'), timeoutMs)
    const onError = (error: unknown) => fail('proxy-failed', error)
    const onClose = () => fail('proxy-failed')
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      try {
        const length = lengthOf(bytes)
        if (length !== null) {
          end(() => {
            if (bytes.length > length) socket.unshift(bytes.subarray(length))
            resolve(bytes.subarray(0, length))
          })
        } else if (bytes.length > headBytes) fail('proxy-failed')
      } catch (error) {
        fail('proxy-failed', error)
      }
    }
    socket.on('data', onData).on('error', onError).on('close', onClose).resume() // it was paused after the answer before this one
  })
}
