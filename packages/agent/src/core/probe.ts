import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ChallengeFrame, channelLimits, type Carrier as CarrierKind } from '@vigie/domain/agents'
import { mayPollAfter, openCarrier, type Route } from './carrier.ts'
import { asConnectionError, ConnectionError, getStatus, type ConnectionFault } from './https.ts'
import { openProxy, openTunnel, proxyAddresses, type Proxy } from './proxy.ts'

/** The way to the server, step by step; the first that fails is where it ends. Texts: `agent.probe.<step>`. */
export const probeSteps = ['name', 'port', 'proxy-name', 'proxy', 'proxy-tunnel', 'certificate', 'answer', 'channel', 'clock'] as const
export type ProbeStep = (typeof probeSteps)[number]
/** Behind a proxy it is the proxy that finds the server. */
export const stepsOf = (proxy: Proxy | null): readonly ProbeStep[] =>
  probeSteps.filter((step) => (proxy === null ? !step.startsWith('proxy') : step !== 'name' && step !== 'port'))
export interface ProbeResult {
  step: ProbeStep
  isGood: boolean
  /** Null when good. Two end nothing: `clock-off`, since the agent reckons with the difference, and what is wrong with WebSockets where long polling works (`isGood`). */
  fault: ConnectionFault | 'clock-off' | null
  ms: number
  /** Addresses found, TLS version, who issued the certificate. */
  detail: string | null
}
export interface Probe {
  results: ProbeResult[]
  /** Server's clock minus ours, if it got that far. */
  clockOffsetMs: number | null
  /** The whole way, whatever the clock says. */
  isGood: boolean
}

/** As a detail of the carrier; people are told it in their words. */
export const longPolling = 'HTTPS long polling'

const timeoutMs = 10_000

/** Tries each step, stops at the first that fails. Sends nothing secret (but the proxy's own sign-in) and opens no session. */
export async function probe(server: string, ca: string, proxy: Proxy | null = null): Promise<Probe> {
  const url = new URL(server)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || 443)
  let clockOffsetMs: number | null = null
  let polledFor: ConnectionFault | null = null
  const tries: Record<ProbeStep, () => Promise<string | null>> = {
    name: async () => (await lookup(host, { all: true })).map(({ address }) => address).join(', '),
    port: () => opens(connect({ host, port }), 'connect', () => null),
    'proxy-name': () => proxyAddresses(proxy!),
    proxy: async () => {
      const socket = await openProxy(proxy!)
      socket.destroy()
      return `${proxy!.protocol}, ${proxy!.host}:${proxy!.port}`
    },
    'proxy-tunnel': async () => {
      const socket = await openTunnel(proxy!, host, port)
      socket.destroy()
      return null
    },
    certificate: async () => {
      const raw = proxy ? await openTunnel(proxy, host, port) : undefined
      const socket = connectTls({
        ...(raw ? { socket: raw } : { port }),
        host,
        ca,
        minVersion: 'TLSv1.2',
        servername: isIP(host) ? '' : host,
      })
      return opens(socket, 'secureConnect', () =>
        [socket.getProtocol(), socket.getCipher().name, validity(socket.getPeerCertificate().valid_to)].filter(Boolean).join(', '),
      )
    },
    answer: async () => {
      const status = await getStatus(server, '/agent/v1/ca.pem', ca, proxy)
      if (status !== 200) throw new ConnectionError('answer-invalid', new Error(`status ${status}`))
      return null
    },
    channel: async () => {
      const route = { channel: new URL('/agent/v1/channel', server.replace(/^https/, 'wss')).href, ca, proxy }
      try {
        clockOffsetMs = await challenge('websocket', route)
        return null
      } catch (error) {
        const { reason } = asConnectionError(error)
        if (!mayPollAfter(reason)) throw error
        clockOffsetMs = await challenge('polling', route).catch(() => Promise.reject(error as ConnectionError))
        polledFor = reason === 'websocket-refused' ? reason : 'websocket-cut'
        return longPolling
      }
    },
    clock: async () => `${clockOffsetMs! > 0 ? '+' : ''}${(clockOffsetMs! / 1_000).toFixed(1)} s`,
  }
  const results: ProbeResult[] = []
  for (const step of stepsOf(proxy)) {
    const startMs = performance.now()
    const ms = () => Math.round(performance.now() - startMs)
    try {
      const detail = await tries[step]()
      const isClockOff = step === 'clock' && Math.abs(clockOffsetMs!) > channelLimits.clockWarnMs
      results.push({ step, isGood: !isClockOff, fault: isClockOff ? 'clock-off' : step === 'channel' ? polledFor : null, ms: ms(), detail })
    } catch (error) {
      results.push({ step, isGood: false, fault: asConnectionError(error).reason, ms: ms(), detail: null })
      break
    }
  }
  return { results, clockOffsetMs, isGood: results.length === stepsOf(proxy).length }
}

/** `valid_to` of a certificate as a day. */
const validity = (validTo: string): string | null => {
  const ms = Date.parse(validTo)
  return Number.isNaN(ms) ? null : `→ ${new Date(ms).toISOString().slice(0, 10)}`
}

function opens<S extends ReturnType<typeof connect>>(
  socket: S,
  event: 'connect' | 'secureConnect',
  tell: () => string | null,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })), timeoutMs)
    socket.once(event, () => {
      clearTimeout(timer)
      const detail = tell()
      socket.destroy()
      resolve(detail)
    })
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** Waits for the server's first word; says nothing back. @throws ConnectionError */
async function challenge(kind: CarrierKind, route: Route): Promise<number> {
  let end!: (answer: number | ConnectionError) => void
  const ended = new Promise<number | ConnectionError>((resolve) => (end = resolve))
  const line = openCarrier(kind, route, timeoutMs, {
    onAlive: () => {},
    onEnd: (reason) => end(new ConnectionError(reason)),
    onFrame(value) {
      const frame = ChallengeFrame.safeParse(value)
      end(frame.success ? Date.parse(frame.data.serverTime) - Date.now() : new ConnectionError('answer-invalid'))
    },
  })
  const timer = setTimeout(() => end(new ConnectionError('timeout')), timeoutMs)
  const answer = await ended
  clearTimeout(timer)
  void line.close()
  if (typeof answer === 'number') return answer
  throw answer
}
