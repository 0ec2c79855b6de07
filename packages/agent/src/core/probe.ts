import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import WebSocket from 'ws'
import { ChallengeFrame, channelLimits } from '@vigie/domain/agents'
import { asConnectionError, ConnectionError, getStatus, type ConnectionFault } from './https.ts'
import { openProxy, openTunnel, proxyAddresses, throughProxy, type Proxy } from './proxy.ts'

/** The way to the server, step by step; the first that fails is where it ends. Texts: `agent.probe.<step>`. */
export const probeSteps = ['name', 'port', 'proxy-name', 'proxy', 'proxy-tunnel', 'certificate', 'answer', 'channel', 'clock'] as const
export type ProbeStep = (typeof probeSteps)[number]
/** Behind a proxy it is the proxy that finds the server. */
export const stepsOf = (proxy: Proxy | null): readonly ProbeStep[] => probeSteps.filter((step) => (proxy === null ? !step.startsWith('proxy') : step !== 'name' && step !== 'port'))
export interface ProbeResult {
  step: ProbeStep
  isGood: boolean
  /** Null when good. `clock-off` alone ends nothing: the agent reckons with the difference. */
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

const timeoutMs = 10_000

/** Tries each step, stops at the first that fails. Sends nothing secret (but the proxy's own sign-in) and opens no session. */
export async function probe(server: string, ca: string, proxy: Proxy | null = null): Promise<Probe> {
  const url = new URL(server)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || 443)
  let clockOffsetMs: number | null = null
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
      const socket = connectTls({ ...(raw ? { socket: raw } : { port }), host, ca, minVersion: 'TLSv1.2', servername: isIP(host) ? '' : host })
      return opens(socket, 'secureConnect', () => [socket.getProtocol(), socket.getCipher().name, validity(socket.getPeerCertificate().valid_to)].filter(Boolean).join(', '))
    },
    answer: async () => {
      const status = await getStatus(server, '/agent/v1/ca.pem', ca, proxy)
      if (status !== 200) throw new ConnectionError('answer-invalid', new Error(`status ${status}`))
      return null
    },
    channel: async () => {
      clockOffsetMs = await challenge(new URL('/agent/v1/channel', server.replace(/^https/, 'wss')), ca, proxy)
      return null
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
      results.push({ step, isGood: !isClockOff, fault: isClockOff ? 'clock-off' : null, ms: ms(), detail })
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
  return Number.isNaN(ms) ? null : `until ${new Date(ms).toISOString().slice(0, 10)}`
}

function opens<S extends ReturnType<typeof connect>>(socket: S, event: 'connect' | 'secureConnect', tell: () => string | null): Promise<string | null> {
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

/** Waits for the server's first word; says nothing back. */
function challenge(url: URL, ca: string, proxy: Proxy | null): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { ca, minVersion: 'TLSv1.2', perMessageDeflate: false, maxPayload: channelLimits.frameBytes, handshakeTimeout: timeoutMs, ...throughProxy(proxy, { ca }) })
    const timer = setTimeout(() => {
      socket.terminate()
      reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }))
    }, timeoutMs)
    socket.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('message', (data) => {
      clearTimeout(timer)
      const frame = ChallengeFrame.safeParse(tryJson(String(data)))
      socket.close()
      if (frame.success) resolve(Date.parse(frame.data.serverTime) - Date.now())
      else reject(new Error('no challenge'))
    })
  })
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
