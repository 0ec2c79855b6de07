import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anActor } from '../platform/testing/database.ts'
import { anEndpoint, connected, testAgentSide, type TestAgentSide } from './testing/index.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

async function aSite() {
  const made = await world.anAgent()
  return { ...made, call: world.server.as(await anActor(world.server.database, made.partnerId)) }
}

describe('what an agent could not keep (AGT-6)', () => {
  it('is told with the agent: how much, when, why; of others nothing', async () => {
    const { identity, productId, call } = await aSite()
    const listed = async () => (await call('GET', `/v1/products/${productId}/agents`)).body.rows.map(({ lost }: { lost: unknown }) => lost)
    expect(await listed()).toEqual([null])
    const { channel } = await connected(world.target, identity)
    const at = new Date().toISOString()
    channel.batch(identity, 1, [{ kind: 'gap', at, lost: 7, reason: 'queue-full' }])
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === 1))
    // more than the shape has is thrown away, and what is none of a gap does not count
    channel.batch(identity, 2, [
      { more: { lost: 99, reason: 'made-up' }, kind: 'gap', at, lost: 5, reason: 'disk-full' },
      { kind: 'gap', at, lost: 'many', reason: 'x' },
    ] as never)
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === 3))
    expect(await listed()).toEqual([{ records: 12, at: expect.any(String), reason: expect.stringMatching(/^(disk|queue)-full$/) }])
    const other = await aSite()
    expect((await other.call('GET', `/v1/products/${other.productId}/agents`)).body.rows[0].lost).toBeNull()
    await channel.kill()
  })
})

describe('how old what an endpoint tells may be (PRD-8)', () => {
  it('is said with it in list, detail and file, and that it is older once the promise is past', async () => {
    const { identity, productId, call } = await aSite()
    const { channel } = await connected(world.target, identity)
    channel.batch(identity, 1, [anEndpoint(identity.machine)])
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === 1))
    await channel.kill()
    const [row] = (await call('GET', `/v1/endpoints?productId=${productId}`)).body.rows
    const stale = async () => [
      (await call('GET', `/v1/endpoints?productId=${productId}`)).body.rows[0].isStale,
      (await call('GET', `/v1/endpoints/${row.id}`)).body.isStale,
      ((await call('GET', `/v1/endpoints.csv?productId=${productId}&columns=isStale`)).body as string).split('\r\n')[1],
    ]
    const received = Date.parse(row.receivedAt)
    world.server.clock.set(new Date(received + row.freshForSeconds * 1_000 - 60_000))
    expect([row.freshForSeconds, await stale()]).toEqual([120, [false, false, 'No']])
    world.server.clock.set(new Date(received + row.freshForSeconds * 1_000 + 1_000))
    expect(await stale()).toEqual([true, true, 'Yes'])
    const file = (await call('GET', '/v1/products.csv')).body as string
    const [head, line] = file.split('\r\n').map((row) => row.split(','))
    expect(line![head!.indexOf('Older than promised')]).toBe('Yes')
    world.server.clock.set(new Date())
  })
})
