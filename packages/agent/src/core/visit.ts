import { DownFrame, helloText, protocolVersion, type Machine } from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import { mayPollAfter, openCarrier } from './carrier.ts'
import type { Counters } from './counters.ts'
import type { ConnectionFault } from './faults.ts'
import { signText, type Identity } from './identity.ts'
import type { Proxy } from './proxy.ts'

export type Visit =
  | { kind: 'welcome' }
  | { kind: 'problem'; code: string; isRetryable: boolean }
  | { kind: 'unreachable'; reason: ConnectionFault }

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

/** Is this registration welcome at its server? Opens a channel, says hello, is heard, says goodbye; tells nothing and takes no orders. By long polling where a WebSocket does not get through. */
export async function visit(visiting: Visiting): Promise<Visit> {
  const seen = await visitBy('websocket', visiting)
  if (seen.kind !== 'unreachable' || !mayPollAfter(seen.reason)) return seen
  const polled = await visitBy('polling', visiting)
  return polled.kind === 'unreachable' ? seen : polled
}

async function visitBy(
  kind: 'websocket' | 'polling',
  { identity, ca, proxy, counters, machine, epoch, bye, withinMs = 20_000 }: Visiting,
): Promise<Visit> {
  let end!: (visit: Visit) => void
  const ended = new Promise<Visit>((resolve) => (end = resolve))
  const line = openCarrier(kind, { channel: identity.channel, ca, proxy }, withinMs, {
    onAlive: () => {},
    onEnd: (reason) => end({ kind: 'unreachable', reason }),
    onFrame(value) {
      const frame = DownFrame.safeParse(value).data
      if (frame?.kind === 'problem') end({ kind: 'problem', code: frame.code, isRetryable: frame.isRetryable })
      if (frame?.kind === 'challenge') void hello(frame.nonce).catch(() => end({ kind: 'unreachable', reason: 'closed' }))
      if (frame?.kind === 'welcome') end({ kind: 'welcome' })
    },
  })
  const timer = setTimeout(() => end({ kind: 'unreachable', reason: 'timeout' }), withinMs)
  const seen = await ended
  clearTimeout(timer)
  if (seen.kind !== 'welcome') line.drop()
  else {
    line.send(JSON.stringify({ kind: 'bye', reason: bye }))
    await line.close()
  }
  return seen

  async function hello(nonce: string): Promise<void> {
    const { agentId, privateKey } = identity
    const { hello: counter } = await counters.raise({ hello: counters.values.hello + 1 })
    line.send(
      JSON.stringify({
        kind: 'hello',
        protocol: protocolVersion,
        agentId,
        counter,
        epoch,
        agentVersion,
        machine,
        at: new Date().toISOString(),
        signature: signText(privateKey, helloText(nonce, agentId, counter, epoch)),
      }),
    )
  }
}
