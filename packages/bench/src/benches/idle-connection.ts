import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createSecureContext } from 'node:tls'
import { inTurn, type LabIdentity, startFleet } from '@vigie/lab/agents'
import { WebSocket } from 'ws'
import { type BenchContext, defineBench } from '../kit/define.ts'
import { pause, rssBytes } from '../kit/measure.ts'
import { fleetOn, startServer } from '../kit/server.ts'

const width = 48

export const idleConnection = defineBench({
  name: 'idle-connection',
  about: 'memory of an idle connected agent, by a bare TLS WebSocket in the same Node (issue 2, P10)',
  async run(context) {
    // the first connections pay for heaps and tables that the later ones use: those are weighed
    const [warm, count] = context.isShort ? [500, 1_000] : [2_000, 4_000]
    const bare = await bareBytes(context, warm, count, false)
    const talked = await bareBytes(context, warm, count, true)
    context.say(`bare: ${Math.round(bare / 1024)} KiB a connection, ${Math.round(talked / 1024)} KiB once it has spoken as an agent does`)
    const server = await startServer(context)
    const enrolling = await fleetOn(server, context, warm + count)
    const identities = enrolling.identities()
    await enrolling.stop()
    await server.restart() // enrolling leaves its traces in a process; connections are to be weighed
    const join = async (some: readonly LabIdentity[]) => {
      const fleet = await startFleet({ server: server.agents, agents: some })
      context.after(() => fleet.stop('kill'))
      await fleet.drained()
    }
    await join(identities.slice(0, warm))
    const before = await settled(server.pid, server.collect)
    await join(identities.slice(warm))
    const after = await settled(server.pid, server.collect)
    const ours = (after - before) / count
    return [
      {
        bench: 'idle-connection/memory',
        source: 'issue 2, P10',
        ratio: ours / bare,
        value: ours / 1024,
        goal: { atMost: 1.3 },
        yardstick: { name: 'bare TLS WebSocket', value: bare / 1024, unit: 'KiB' },
        detail: { connections: count, serverMiB: after / 2 ** 20, bareAfterTalkKiB: talked / 1024, ratioToBareAfterTalk: ours / talked },
      },
    ]
  },
})

/** @param talks each connection then hears and says what an agent does before it rests: TLS and WebSocket keep buffers for it */
async function bareBytes(context: BenchContext, warm: number, count: number, talks: boolean): Promise<number> {
  const kit = path.resolve(import.meta.dirname, '../kit')
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', path.join(kit, 'collect-on-signal.ts'), path.join(kit, 'bare-channel.ts')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  context.after(() => child.kill('SIGTERM'))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url, ca } = JSON.parse(line) as { url: string; ca: string }
  const secureContext = createSecureContext({ ca })
  const sockets: WebSocket[] = []
  const open = (some: number) =>
    inTurn(width, Array.from({ length: some }), async () => {
      const options = { secureContext, perMessageDeflate: false, skipUTF8Validation: true }
      const socket = new WebSocket(url, options)
      sockets.push(socket)
      await once(socket, 'open')
      if (!talks) return
      for (const bytes of [700, 1_000, 60]) {
        socket.send('x'.repeat(bytes))
        await once(socket, 'message')
      }
    })
  await open(warm)
  const before = await settled(child.pid!, () => void child.kill('SIGUSR2'))
  await open(count)
  const after = await settled(child.pid!, () => void child.kill('SIGUSR2'))
  for (const socket of sockets) socket.terminate()
  child.kill('SIGTERM')
  return (after - before) / count
}

/** RSS once the work of connecting is over and its garbage collected: the lowest of a few looks. */
async function settled(pid: number, collect: () => void): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY
  for (let look = 0; look < 6; look++) {
    await pause(1_500)
    collect()
    await pause(1_000)
    lowest = Math.min(lowest, rssBytes(pid))
  }
  return lowest
}
