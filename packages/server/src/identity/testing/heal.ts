import { aDetection, anEndpoint, connected, TestChannel, type TestAgentSide, type TestIdentity } from '../../agents/testing/index.ts'

/** What an agent does that is told it is a copy: an identity of its own, then all it has to tell. @returns how often it was told */
export async function heal(target: TestAgentSide['target'], copy: TestIdentity): Promise<{ told: number; close(): Promise<void> }> {
  for (let told = 0; ; told++) {
    if (told > 5) throw new Error('it loops')
    const channel = new TestChannel(target)
    await channel.hello(copy)
    const answer = await channel.until(() => channel.heard.find((frame) => frame.kind === 'welcome' || frame.kind === 'problem'), 60_000)
    if (answer.kind === 'welcome') throw new Error('a copy was taken for its original')
    if (answer.code !== 'agent.is-clone') throw new Error(`refused for something else: ${answer.code}`)
    await channel.closed
    const { status, body, identity: own } = await copy.fork(target)
    if (status !== 200) {
      if (body.code !== 'agent.is-clone') throw new Error(`no identity of its own: ${body.code}`)
      continue
    }
    const { channel: mine } = await connected(target, own)
    mine.batch(own, 1, [anEndpoint(own.machine), aDetection(own.machine)])
    await mine.until(() => mine.heard.find((frame) => frame.kind === 'ack'), 60_000)
    return { told: told + 1, close: () => mine.kill() }
  }
}
