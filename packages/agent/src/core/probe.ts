import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import WebSocket from 'ws'
import { ChallengeFrame, channelLimits } from '@vigie/domain/agents'
import { asConnectionError, getStatus, type ConnectionFault } from './https.ts'

/** The way to the server, step by step; the first that fails is where it ends. Texts: `agent.probe.<step>`. */
export const probeSteps = ['name', 'port', 'certificate', 'answer', 'channel'] as const
export type ProbeStep = (typeof probeSteps)[number]
export interface ProbeResult {
  step: ProbeStep
  isGood: boolean
  /** Null when good. */
  fault: ConnectionFault | null
  ms: number
  /** Addresses found, TLS version. */
  detail: string | null
}

const timeoutMs = 10_000

/** Tries each step, stops at the first that fails. Sends nothing secret and opens no session. `clockOffsetMs`: server's clock minus ours, if it got that far. */
export async function probe(server: string, ca: string): Promise<{ results: ProbeResult[]; clockOffsetMs: number | null }> {
  const url = new URL(server)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || 443)
  let clockOffsetMs: number | null = null
  const tries: Record<ProbeStep, () => Promise<string | null>> = {
    name: async () => (await lookup(host, { all: true })).map(({ address }) => address).join(', '),
    port: () => opens(connect({ host, port }), 'connect', () => null),
    certificate: () => {
      const socket = connectTls({ host, port, ca, minVersion: 'TLSv1.2', ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) })
      return opens(socket, 'secureConnect', () => socket.getProtocol())
    },
    answer: async () => {
      const status = await getStatus(server, '/agent/v1/ca.pem', ca)
      if (status !== 200) throw asConnectionError(new Error(`status ${status}`))
      return null
    },
    channel: async () => {
      clockOffsetMs = await challenge(new URL('/agent/v1/channel', server.replace(/^https/, 'wss')), ca)
      return null
    },
  }
  const results: ProbeResult[] = []
  for (const step of probeSteps) {
    const startMs = performance.now()
    const ms = () => Math.round(performance.now() - startMs)
    try {
      const detail = await tries[step]()
      results.push({ step, isGood: true, fault: null, ms: ms(), detail })
    } catch (error) {
      results.push({ step, isGood: false, fault: asConnectionError(error).reason, ms: ms(), detail: null })
      break
    }
  }
  return { results, clockOffsetMs }
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
function challenge(url: URL, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { ca, minVersion: 'TLSv1.2', perMessageDeflate: false, maxPayload: channelLimits.frameBytes, handshakeTimeout: timeoutMs })
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
