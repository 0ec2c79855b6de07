import WebSocket from 'ws'
import { channelLimits, DownFrame, helloText, protocolVersion, type Machine } from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import type { Counters } from './counters.ts'
import { asConnectionError, type ConnectionFault } from './faults.ts'
import { signText, type Identity } from './identity.ts'
import { throughProxy, type Proxy } from './proxy.ts'

export type Visit = { kind: 'welcome' } | { kind: 'problem'; code: string; isRetryable: boolean } | { kind: 'unreachable'; reason: ConnectionFault }

export interface Visiting {
  identity: Pick<Identity, 'agentId' | 'privateKey' | 'channel'>
  ca: string
  proxy: Proxy | null
  counters: Counters
  machine: Machine
  /** Names a life of the queue that never sends anything. */
  epoch: string
  /** How it says goodbye: `uninstalled` gives the registration up. */
  bye: 'stopped' | 'uninstalled'
  withinMs?: number
}

/** Is this registration welcome at its server? Opens a channel, says hello, is heard, says goodbye; tells nothing and takes no orders. */
export async function visit({ identity, ca, proxy, counters, machine, epoch, bye, withinMs = 20_000 }: Visiting): Promise<Visit> {
  const socket = new WebSocket(identity.channel, {
    ca, minVersion: 'TLSv1.2', perMessageDeflate: false, maxPayload: channelLimits.frameBytes, handshakeTimeout: withinMs, followRedirects: false, ...throughProxy(proxy, { ca }),
  })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Visit>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'unreachable', reason: 'timeout' }), withinMs)
      socket.on('error', (error) => resolve({ kind: 'unreachable', reason: asConnectionError(error).reason }))
      socket.on('close', () => resolve({ kind: 'unreachable', reason: 'closed' }))
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        const frame = isBinary ? null : frameOf(data)
        if (frame?.kind === 'problem') resolve({ kind: 'problem', code: frame.code, isRetryable: frame.isRetryable })
        if (frame?.kind === 'challenge') void hello(frame.nonce).catch(() => resolve({ kind: 'unreachable', reason: 'closed' }))
        if (frame?.kind !== 'welcome') return
        socket.removeAllListeners('close')
        socket.once('close', () => resolve({ kind: 'welcome' }))
        socket.send(JSON.stringify({ kind: 'bye', reason: bye }))
        socket.close(1000)
        setTimeout(() => resolve({ kind: 'welcome' }), 3_000).unref()
      })
    })
  } finally {
    clearTimeout(timer)
    socket.removeAllListeners('message')
    if (socket.readyState !== WebSocket.CLOSED) socket.terminate()
  }

  async function hello(nonce: string): Promise<void> {
    const { agentId, privateKey } = identity
    const { hello: counter } = await counters.raise({ hello: counters.values.hello + 1 })
    socket.send(JSON.stringify({
      kind: 'hello', protocol: protocolVersion, agentId, counter, epoch, agentVersion, machine, at: new Date().toISOString(), signature: signText(privateKey, helloText(nonce, agentId, counter, epoch)),
    }))
  }
}

function frameOf(data: Buffer): DownFrame | null {
  try {
    return DownFrame.safeParse(JSON.parse(data.toString('utf8'))).data ?? null
  } catch {
    return null
  }
}
