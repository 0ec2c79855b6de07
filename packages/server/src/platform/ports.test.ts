import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { assertPortsFree } from './ports.ts'

const servers: net.Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

async function busyPort(host: string): Promise<number> {
  const server = net.createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as net.AddressInfo).port
}
const both = { host: '127.0.0.1', port: 0, agentHost: null, agentPort: 0, roles: ['api', 'agents', 'jobs'] as const }

describe('ports before a start (OPS-1)', () => {
  it('free ones are taken and given back', async () => {
    const port = await busyPort('127.0.0.1')
    await new Promise<void>((resolve) => servers.pop()!.close(() => resolve()))
    await assertPortsFree({ ...both, port })
    await assertPortsFree({ ...both, port })
  })

  it("the console's is busy", async () => {
    const port = await busyPort('127.0.0.1')
    await expect(assertPortsFree({ ...both, port })).rejects.toMatchObject({
      reason: 'port-busy',
      exitCode: 76,
      message: expect.stringMatching(`^Port ${port} for the console is taken .* with --port or VIGIE_PORT\\.$`),
    })
  })

  it("the agents' is busy, and matters only where agents are heard", async () => {
    const agentPort = await busyPort('::')
    await expect(assertPortsFree({ ...both, agentPort })).rejects.toMatchObject({
      reason: 'port-busy',
      message: expect.stringContaining('--agent-port or VIGIE_AGENT_PORT'),
    })
    await assertPortsFree({ ...both, agentPort, roles: ['api'] })
  })

  it('an address this machine does not have', async () => {
    const port = await busyPort('127.0.0.1')
    await expect(assertPortsFree({ ...both, host: '192.0.2.77', port })).rejects.toMatchObject({ reason: 'bad-setting', exitCode: 64 })
  })
})
