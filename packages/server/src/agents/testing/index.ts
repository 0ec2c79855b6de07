import { startAgentSide, type AgentSide, type AgentSideOptions } from '../side.ts'
import { testServer, type TestServer } from '../../platform/testing/server.ts'
import { aCustomer, aPartner, aProduct } from '../../platform/testing/database.ts'
import { aKey, aMachine, TestIdentity, type Target } from './agent.ts'

export * from './agent.ts'
export { PollSocket } from './poll-socket.ts'

export interface TestAgentSide {
  server: TestServer
  side: AgentSide
  target: Target
  /** A business with one customer and one product that waits for its agent. */
  aBusiness(): Promise<{ partnerId: string; customerId: string; productId: string }>
  /** An agent enrolled at a product of its own. */
  anAgent(
    of?: { partnerId: string; customerId: string; productId?: string },
    machine?: ReturnType<typeof aMachine>,
  ): Promise<{ identity: TestIdentity; partnerId: string; customerId: string; productId: string }>
  close(): Promise<void>
}

export async function testAgentSide(timing: AgentSideOptions['timing'] = {}): Promise<TestAgentSide> {
  const server = await testServer()
  const side = await startAgentSide({ services: server.services, port: 0, host: '127.0.0.1', timing: { answerMs: 700, ...timing } })
  const target = { port: side.port, ca: side.caCertificate }
  const { database } = server
  const aBusiness = async () => {
    const partnerId = await aPartner(database)
    const customerId = await aCustomer(database, partnerId)
    return { partnerId, customerId, productId: await aProduct(database, partnerId, customerId) }
  }
  return {
    server,
    side,
    target,
    aBusiness,
    async anAgent(of, machine = aMachine()) {
      const { partnerId, customerId, productId } = of
        ? { ...of, productId: of.productId ?? (await aProduct(database, of.partnerId, of.customerId)) }
        : await aBusiness()
      const identity = new TestIdentity(machine)
      await identity.enrol(target, await aKey(database, productId))
      return { identity, partnerId, customerId, productId }
    },
    async close() {
      await side.close()
      await server.close()
    },
  }
}
