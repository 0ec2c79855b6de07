import type { DryRun, Order } from '@vigie/domain/orders'
import { generate, generateSecret } from 'otplib'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { applyOutcomes, takeWaitingOfMany } from '../../commands/index.ts'
import { newId, type Actor } from '../../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../../platform/testing/database.ts'
import { testServer, type TestServer } from '../../platform/testing/server.ts'
import { createOrderRunner, type OrderRunner } from '../index.ts'

const takes = ['scan-now', 'stop-scan', 'update-components', 'synchronise'].map((type) => ({
  type,
  isSupported: true,
  reason: null as string | null,
}))

/** What an agent of the estate differs in. */
export interface AgentSays {
  state?: string
  switch?: string
  commands?: unknown
}

export interface Estate {
  partnerId: string
  owner: Actor
  customerIds: string[]
  agentIds: string[]
}

export const everyone = { kind: 'matching' }
const inBusiness = (partnerId: string) => ({ partnerId, scope: 'all' as const, principalId: null })

/** A server with a runner of orders for a test file, whose clock is given back after each test; and what people and agents do there. */
export function ordersWorld() {
  let server: TestServer
  let runner: OrderRunner
  beforeAll(async () => {
    server = await testServer()
    runner = createOrderRunner(server.services)
  })
  afterAll(() => server.close())
  afterEach(() => server.clock.set(new Date()))

  /** A business of its own: so many customers with so many agents each. */
  async function anEstate(customers: number, agentsEach: number, agent: AgentSays = {}): Promise<Estate> {
    const partnerId = await aPartner(server.database)
    const owner = await anActor(server.database, partnerId, { role: 'owner', isPrimary: true })
    const estate: Estate = { partnerId, owner, customerIds: [], agentIds: [] }
    for (let i = 0; i < customers; i++) {
      const customerId = await aCustomer(server.database, partnerId, { company: `Customer ${i}`, tags: i === 0 ? ['gold'] : [] })
      estate.customerIds.push(customerId)
      const productId = await aProduct(server.database, partnerId, customerId)
      estate.agentIds.push(...(await someAgents(partnerId, customerId, productId, agentsEach, agent)))
    }
    return estate
  }

  async function someAgents(
    partnerId: string,
    customerId: string,
    productId: string,
    count: number,
    agent: AgentSays = {},
  ): Promise<string[]> {
    const ids = Array.from({ length: count }, () => newId())
    await server.database.owner.query(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     select $1, id, $2, $3, decode(replace(id::text, '-', ''), 'hex'), $5, $6, 'srv-' || right(id::text, 4), 'Debian', $7, '0.1.0', 2, $8, now() from unnest($4::uuid[]) id`,
      [
        partnerId,
        customerId,
        productId,
        ids,
        agent.switch ?? 'enabled',
        agent.state ?? 'online',
        'a'.repeat(64),
        JSON.stringify(agent.commands ?? takes),
      ],
    )
    return ids
  }

  const call = (actor: Actor) => server.as(actor)

  async function draft(
    actor: Actor,
    type: string,
    target: unknown = everyone,
    more: Record<string, unknown> = {},
  ): Promise<{ order: Order; dryRun: DryRun }> {
    const { body, status } = await call(actor)('POST', '/v1/orders', { type, target, ...more })
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }
  async function give(actor: Actor, type: string, target: unknown = everyone, more: Record<string, unknown> = {}): Promise<string> {
    const { order } = await draft(actor, type, target, more)
    const { body, status } = await call(actor)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect([status, body.hasMoved], JSON.stringify(body)).toEqual([200, false])
    return order.id
  }
  const seen = async (actor: Actor, id: string): Promise<Order> => (await call(actor)('GET', `/v1/orders/${id}`)).body.order

  /** What connected agents do: take what waits, and answer. */
  async function answer({ partnerId, agentIds }: Pick<Estate, 'partnerId' | 'agentIds'>, outcome: 'succeeded' | 'failed'): Promise<number> {
    return await server.database.transaction(inBusiness(partnerId), async (db) => {
      await db.query('select from agent where id = any($1) order by id for no key update', [agentIds])
      const taken = await takeWaitingOfMany(db, agentIds, false, server.clock.now())
      const told = [...taken].flatMap(([agentId, frames]) =>
        frames.map((frame) => ({
          agentId,
          item: {
            kind: 'outcome' as const,
            commandId: frame.order.commandId,
            at: new Date().toISOString(),
            step: outcome,
            evidence: (outcome === 'failed' ? { reason: 'scan-failed' } : {}) as Record<string, string>,
          },
        })),
      )
      await applyOutcomes(db, told, server.clock.now())
      return told.length
    })
  }

  /** Gives an account a second factor past its screens. @returns makes the code of now */
  async function withMfa(actor: Actor): Promise<() => Promise<string>> {
    const secret = generateSecret()
    await server.database.transaction(inBusiness(actor.partnerId), async (db) => {
      const sealed = await server.services.vault.seal(
        db,
        'secrets',
        { table: 'account', column: 'totp_secret', row: actor.accountId },
        secret,
      )
      await db.query('update account set totp_secret = $2 where id = $1', [actor.accountId, sealed])
    })
    return async () => await generate({ secret, epoch: Math.floor(server.clock.now().getTime() / 1000) })
  }

  return {
    /** There once the file's hooks ran. */
    get server() {
      return server
    },
    get runner() {
      return runner
    },
    anEstate,
    someAgents,
    call,
    draft,
    give,
    seen,
    answer,
    withMfa,
  }
}
