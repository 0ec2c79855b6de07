import { afterAll, beforeAll, expect, it } from 'vitest'
import { aDetection, aMachine, anEndpoint, connected, testAgentSide, type TestAgentSide } from '../agents/testing/index.ts'
import { heal } from './testing/heal.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

const pairs = 1_000
const atOnce = 20

it(`${pairs} pairs of an original and its copy: each is found when it first speaks, both are kept, nothing of either is lost (R10, AGT-9)`, async () => {
  const pair = async (number: number) => {
    const { identity, productId } = await world.anAgent()
    const original = await connected(world.target, identity)
    original.channel.batch(identity, 1, [anEndpoint(identity.machine), aDetection(identity.machine)])
    await original.channel.next('ack')
    const copy = await heal(world.target, identity.copy(aMachine(`copy-${number}`)))
    original.channel.batch(identity, 3, [aDetection(identity.machine)])
    await original.channel.next('ack')
    const { rows } = await world.server.database.owner.query(
      `select (select count(*)::integer from agent where product_id = $1) as agents, (select count(*)::integer from endpoint where product_id = $1) as endpoints,
         (select count(*)::integer from detection where product_id = $1) as detections`,
      [productId],
    )
    await Promise.all([original.channel.kill(), copy.close()])
    return { told: copy.told, ...rows[0] }
  }
  for (let done = 0; done < pairs; done += atOnce) {
    const found = await Promise.all(Array.from({ length: atOnce }, (_, i) => pair(done + i)))
    for (const one of found) expect(one).toEqual({ told: 1, agents: 2, endpoints: 2, detections: 3 })
  }
}, 3_600_000)
