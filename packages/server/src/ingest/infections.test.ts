import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDetection, connected, testAgentSide, type TestAgentSide } from '../agents/testing/index.ts'
import { store } from './flush.ts'
import { sortItems } from './items.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const agoIso = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

describe('a file where malware stayed and was dealt with later, told in one batch (EVT-2, AGT-6)', () => {
  it.each([
    ['all at once', 'quick'],
    ['where some may be repeated', 'tolerant'],
    ['item by item (R19)', 'careful'],
  ] as const)('leaves nothing open: %s', async (_, manner) => {
    const { identity, productId, customerId, partnerId } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    const [{ connection_id: connectionId }] = await rows('select connection_id from agent where id = $1', [identity.agentId])
    const {
      agentId,
      epoch,
      machine: { hostname, fingerprint },
    } = identity
    const quiet = { stored() {}, missing() {}, superseded() {}, pause() {}, resume() {} }
    const sender = {
      ...quiet,
      partnerId,
      customerId,
      productId,
      typeId: 'clamav-endpoint',
      agentId,
      connectionId,
      hostname,
      fingerprint,
      endpointPrefix: '',
      formerNames: [],
      clockOffsetMs: 0,
    }
    const of = (outcome: string, minutesAgo: number) =>
      aDetection(identity.machine, { object: '/srv/invoice.exe', outcome, at: agoIso(minutesAgo) })
    const batch = { sender, epoch, firstSeq: 1, count: 2, items: sortItems([of('blocked', 10), of('quarantined', 5)], 1) }
    const results = await world.server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
      store(db, [batch], new Date(), { mayAnnounce: () => true }, manner),
    )
    expect(results).toEqual([{ kind: 'stored', seq: 2 }])
    expect(await rows('select closed_how from infection where product_id = $1', [productId])).toEqual([{ closed_how: 'quarantined' }])
    expect(await rows('select open_infections from endpoint where product_id = $1', [productId])).toEqual([{ open_infections: 0 }])
    await channel.kill()
  })
})
