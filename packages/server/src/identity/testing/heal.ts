import { aDetection, anEndpoint, connected, TestChannel, type TestAgentSide, type TestIdentity } from '../../agents/testing/index.ts'

/** What an agent does that is told it is a copy: an identity of its own, then all it has to tell. @returns how often it was told */
export async function heal(target: TestAgentSide['target'], copy: TestIdentity): Promise<{ told: number; close(): Promise<void> }> {
  for (let told = 0; ; told++) {
    if (told > 5) throw new Error('it loops')
    const { channel, answer } = await greet(target, copy)
    if (answer.kind === 'welcome') throw new Error('a copy was taken for its original')
    if (answer.code !== 'agent.is-clone') throw new Error(`refused for something else: ${answer.code}`)
    await channel.closed
    let { status, body, identity: own } = await copy.fork(target)
    // two hundred at once wait for eight connections: who waited too long on a busy machine is told to come again, and does
    for (let tries = 0; body.code === 'server.database-away' && tries < 20; tries++)
      ({ status, body, identity: own } = await copy.fork(target))
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

/** Says hello until it is answered: with hundreds at once on a busy machine a connection may end before, and an agent comes again. */
async function greet(
  target: TestAgentSide['target'],
  copy: TestIdentity,
): Promise<{ channel: TestChannel; answer: { kind: string; code?: string } }> {
  for (let tries = 0; ; tries++) {
    const channel = new TestChannel(target)
    const isClosed = () => channel.closeCode !== null
    await channel.until(() => channel.heard.some(({ kind }) => kind === 'challenge') || isClosed(), 60_000)
    if (!isClosed()) {
      await channel.hello(copy)
      const answer = await channel.until(
        () => channel.heard.find(({ kind }) => kind === 'welcome' || kind === 'problem') ?? (isClosed() && { kind: 'closed' }),
        60_000,
      )
      if (answer.kind !== 'closed') return { channel, answer }
    }
    if (tries === 20) throw new Error(`never answered; closed with ${channel.closeCode}`)
  }
}
