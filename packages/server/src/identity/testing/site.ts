import { randomBytes, randomUUID } from 'node:crypto'
import type { DetectionItem, EndpointItem } from '@vigie/domain/agents'
import type { Sender } from '../../ingest/index.ts'
import { store } from '../../ingest/flush.ts'
import { sortItems } from '../../ingest/items.ts'
import { newId } from '../../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../../platform/testing/database.ts'
import type { TestServer } from '../../platform/testing/server.ts'

/** Xorshift: a failing run is told by its seed. */
export function seeded(seed: number): () => number {
  let x = seed | 0 || 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}

/** An agent with a connection, past the wire: what it reports goes through the whole of ingest. */
export interface SiteAgent {
  id: string
  productId: string
  key: string
  name: string
  report(change?: Partial<EndpointItem> & { minutesAgo?: number }): Promise<void>
  detect(change?: Partial<DetectionItem>): Promise<void>
}

export interface Site {
  partnerId: string
  customerIds: string[]
  productIds: string[]
  agents: SiteAgent[]
  as: ReturnType<TestServer['as']>
}

const isoAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

/** A business with two customers, two products at the first, one at the second, and agents in each. */
export async function aSite(server: TestServer, agentsEach = 2): Promise<Site> {
  const { database } = server
  const partnerId = await aPartner(database)
  const customerIds = [
    await aCustomer(database, partnerId, { company: 'First' }),
    await aCustomer(database, partnerId, { company: 'Second' }),
  ]
  const productIds = [
    await aProduct(database, partnerId, customerIds[0]!, { description: 'One' }),
    await aProduct(database, partnerId, customerIds[0]!, { description: 'Two' }),
    await aProduct(database, partnerId, customerIds[1]!, { description: 'Three' }),
  ]
  const agents: SiteAgent[] = []
  for (const productId of productIds) for (let i = 0; i < agentsEach; i++) agents.push(await anAgentOf(server, partnerId, productId))
  return { partnerId, customerIds, productIds, agents, as: server.as(await anActor(database, partnerId, { isPrimary: true })) }
}

export async function anAgentOf(
  server: TestServer,
  partnerId: string,
  productId: string,
  more: { name?: string; fingerprint?: string; clonedFromId?: string; prefix?: string } = {},
): Promise<SiteAgent> {
  const { database } = server
  const [id, epoch, fingerprint] = [newId(), randomUUID(), more.fingerprint ?? randomBytes(32).toString('hex')]
  const name = more.name ?? `host-${id.slice(-6)}`
  await database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, agent_version, protocol, epoch, connection_id, registered_at, cloned_from_id, endpoint_prefix)
     select partner_id, $1, customer_id, id, $2, $3, 'Linux', $4, '0.1.0', 2, $5, $6, now(), $8, $9 from product where id = $7`,
    [id, randomBytes(32), name, fingerprint, epoch, newId(), productId, more.clonedFromId ?? null, more.prefix ?? ''],
  )
  let seq = 0
  const tell = async (items: unknown[]) => {
    const {
      rows: [row],
    } = await database.owner.query(
      'select a.customer_id, a.last_seq, a.connection_id, p.type_id from agent a join product p on p.partner_id = a.partner_id and p.id = a.product_id where a.id = $1',
      [id],
    )
    // a move ended the connection: it comes back
    const connectionId = row.connection_id ?? newId()
    if (row.connection_id === null) await database.owner.query('update agent set connection_id = $2 where id = $1', [id, connectionId])
    const quiet = { stored() {}, missing() {}, superseded() {}, pause() {}, resume() {} }
    const sender: Sender = {
      ...quiet,
      partnerId,
      customerId: row.customer_id,
      productId,
      typeId: row.type_id,
      agentId: id,
      connectionId,
      hostname: name,
      fingerprint,
      endpointPrefix: more.prefix ?? '',
      formerNames: [],
      clockOffsetMs: 0,
    }
    const firstSeq = seq + 1
    seq += items.length
    const now = server.clock.now()
    const [result] = await database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
      store(db, [{ sender, epoch, firstSeq, count: items.length, items: sortItems(items, firstSeq) }], now, { mayAnnounce: () => true }),
    )
    if (result?.kind !== 'stored') throw new Error(`not stored: ${JSON.stringify(result)}`)
  }
  return {
    id,
    productId,
    key: (more.prefix ?? '') + fingerprint,
    name,
    report: ({ minutesAgo = 0, ...change } = {}) =>
      tell([
        {
          kind: 'endpoint',
          endpoint: fingerprint,
          at: isoAgo(minutesAgo),
          name,
          platform: 'Linux',
          addresses: ['10.0.0.7'],
          commands: [],
          engine: {
            engine: 'clamav',
            engineVersion: '1.4',
            patternVersion: '1',
            patternBuiltAt: isoAgo(60),
            updateCheckedAt: isoAgo(1),
            realTimeScan: 'on',
            scan: { isRunning: false, startedAt: null, finishedAt: null },
            problem: null,
          },
          ...change,
        },
      ]),
    detect: (change = {}) =>
      tell([
        {
          kind: 'detection',
          endpoint: fingerprint,
          at: isoAgo(0),
          category: 'antivirus',
          threat: 'Eicar',
          object: `/srv/${randomBytes(3).toString('hex')}`,
          outcome: 'quarantined',
          engine: 'clamav',
          contentId: randomBytes(16).toString('hex'),
          ...change,
        },
      ]),
  }
}
