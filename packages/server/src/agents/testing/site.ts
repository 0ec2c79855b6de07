import { randomUUID } from 'node:crypto'
import { helloText, protocolVersion, type Carrier } from '@vigie/domain/agents'
import type { Database } from '../../platform/index.ts'
import { aCustomer, aPartner } from '../../platform/testing/database.ts'
import { hashOfKey } from '../keys.ts'
import { aKey, aMachine, connected, TestChannel, TestIdentity, type Target } from './agent.ts'

export interface TestSite {
  partnerId: string
  customerId: string
  productId: string
  /** The site server's own agent. */
  identity: TestIdentity
  /** Enrols one more endpoint of the site. */
  anEndpointAgent(machine?: ReturnType<typeof aMachine>): Promise<TestIdentity>
}

/** A product of the type "site server" with its own agent. */
export async function aSite(database: Database, target: Target, of?: { partnerId: string; customerId: string }): Promise<TestSite> {
  const partnerId = of?.partnerId ?? (await aPartner(database))
  const customerId = of?.customerId ?? (await aCustomer(database, partnerId))
  const productId = randomUUID()
  await database.owner.query(
    `insert into product (partner_id, id, customer_id, guid, type_id, family, description, fresh_for_seconds, created_at) values ($1, $2, $3, gen_random_uuid(), 'clamav-site-server', 'endpoint-server', 'Site', 900, now())`,
    [partnerId, productId, customerId],
  )
  await database.owner.query(
    `insert into endpoint_group (partner_id, product_id, customer_id, name, position) values ($1, $2, $3, 'servers', 0)`,
    [partnerId, productId, customerId],
  )
  await database.owner.query('update customer set product_count = product_count + 1 where id = $1', [customerId])
  const identity = new TestIdentity()
  await identity.enrol(target, await aKey(database, productId))
  return {
    partnerId,
    customerId,
    productId,
    identity,
    async anEndpointAgent(machine) {
      const endpoint = new TestIdentity(machine)
      await endpoint.enrol(target, await anEndpointKey(database, { partnerId, customerId, productId }))
      return endpoint
    },
  }
}

/** A key for machines of a site, made past the wall. */
export async function anEndpointKey(
  database: Database,
  of: { partnerId: string; customerId: string; productId: string },
  { maxUses = 1, expiresAt = new Date(Date.now() + 3_600_000), isRevoked = false } = {},
): Promise<{ guid: string; key: string; id: string }> {
  const [key, id] = [randomUUID(), randomUUID()]
  await database.owner.query(
    `insert into site_key (partner_id, id, customer_id, product_id, key_hash, max_uses, expires_at, revoked_at, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'Test', now())`,
    [of.partnerId, id, of.customerId, of.productId, hashOfKey(key), maxUses, expiresAt, isRevoked ? new Date(Date.now() - 1_000) : null],
  )
  const {
    rows: [row],
  } = await database.owner.query('select guid from product where id = $1', [of.productId])
  return { guid: row.guid, key, id }
}

/** One route through a site server's connection; says and hears what an endpoint's agent would. */
export class TestRoute {
  readonly channel: TestChannel
  readonly route: number

  constructor(channel: TestChannel, route: number, address = '10.1.0.9') {
    this.channel = channel
    this.route = route
    channel.send({ kind: 'via-open', route, address })
  }
  send(frame: unknown): void {
    this.channel.send({ kind: 'via', route: this.route, frame })
  }
  /** What was said to this route, in order. */
  get heard(): any[] {
    return this.channel.heard.filter((frame) => frame.kind === 'via' && frame.route === this.route).map(({ frame }) => frame)
  }
  get isEnded(): boolean {
    return this.channel.heard.some((frame) => frame.kind === 'via-end' && frame.route === this.route)
  }
  async next(kind: string): Promise<any> {
    const frame = await this.channel.until(() =>
      this.channel.heard.find((one) => one.kind === 'via' && one.route === this.route && one.frame.kind === kind),
    )
    this.channel.heard.splice(this.channel.heard.indexOf(frame), 1)
    return frame.frame
  }
  ended(): Promise<boolean> {
    return this.channel.until(() => this.isEnded)
  }
  async hello(identity: TestIdentity): Promise<void> {
    const { nonce } = await this.next('challenge')
    identity.counter++
    const { agentId, counter, epoch, machine } = identity
    const signature = identity.sign(helloText(nonce, agentId, counter, epoch))
    this.send({
      kind: 'hello',
      protocol: protocolVersion,
      agentId,
      counter,
      epoch,
      agentVersion: '0.1.0',
      machine,
      at: new Date().toISOString(),
      signature,
    })
  }
  async welcomed(identity: TestIdentity): Promise<any> {
    await this.hello(identity)
    return await this.next('welcome')
  }
}

/** The site server's own connection, answering `via-ask` for the routes in `alive`, as a real one does. */
export async function siteChannel(
  target: Target,
  identity: TestIdentity,
  alive: ReadonlySet<number> = new Set(),
  by: Carrier = 'websocket',
): Promise<TestChannel> {
  const { channel } = await connected(target, identity, {}, by)
  channel.socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString())
    if (frame.kind === 'via-ask' && alive.has(frame.route)) channel.send({ kind: 'via-alive', route: frame.route })
  })
  return channel
}
