import type { SettingValue } from '@vigie/domain/agents'
import type { DryRun, Order, OrderAgent, OrderPlace } from '@vigie/domain/orders'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { applyOutcomes, takeWaitingOfMany } from '../../commands/index.ts'
import { newId, type Actor } from '../../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../../platform/testing/database.ts'
import { testServer, type TestServer } from '../../platform/testing/server.ts'
import { noteReported } from '../../settings/index.ts'
import { createOrderRunner, type OrderRunner } from '../index.ts'
import type { AgentSays } from './estate.ts'

export interface Site {
  customerId: string
  productId: string
  agentId: string
  endpointId: string
}

export const hours = 'update-schedule.every-hours'
export const scan = 'real-time-scan.enabled'

/** A server with a runner of orders for a test file about orders that carry; a new business for each test: Alder, Birch and Cedar, with one machine each. */
export function carryingWorld() {
  let server: TestServer
  let runner: OrderRunner
  let partnerId: string
  let owner: Actor
  let sites: Site[]
  beforeAll(async () => {
    server = await testServer()
    runner = createOrderRunner(server.services)
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    partnerId = await aPartner(server.database)
    owner = await anActor(server.database, partnerId, { role: 'owner', isPrimary: true })
    sites = [await aSite('Alder'), await aSite('Birch'), await aSite('Cedar')]
  })

  // rows are whatever the test asked for: what is not there fails its expectation
  const sql = async <R extends object = any>(text: string, ...values: unknown[]) =>
    (await server.database.owner.query<R>(text, values)).rows
  const all = () => ({ partnerId, scope: 'all' as const, principalId: null })

  async function aSite(company: string, agent: AgentSays = {}): Promise<Site> {
    const customerId = await aCustomer(server.database, partnerId, { company, tags: company === 'Alder' ? ['gold'] : [] })
    const productId = await aProduct(server.database, partnerId, customerId, { description: `${company} servers` })
    return { customerId, productId, ...(await aMachine(customerId, productId, `srv-${company}`, agent)) }
  }
  async function aMachine(customerId: string, productId: string, name: string, agent: AgentSays = {}) {
    const [agentId, endpointId] = [newId(), newId()]
    await sql(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     values ($1, $2, $3, $4, decode(replace($2::uuid::text, '-', ''), 'hex'), $5, $6, $7, 'Debian', $8, '0.1.0', 2, $9, now())`,
      partnerId,
      agentId,
      customerId,
      productId,
      agent.switch ?? 'enabled',
      agent.state ?? 'online',
      name,
      'a'.repeat(64),
      JSON.stringify(
        agent.commands ?? [
          { type: 'apply-settings', isSupported: true, reason: null },
          { type: 'start-outbreak-defence', isSupported: true, reason: null },
          { type: 'stop-outbreak-defence', isSupported: true, reason: null },
        ],
      ),
    )
    await sql(
      `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") values ($1, $2, $3, $4, $5, $6, $7, 'servers')`,
      partnerId,
      endpointId,
      customerId,
      productId,
      agentId,
      agentId,
      name,
    )
    return { agentId, endpointId }
  }

  const call = (actor = owner) => server.as(actor)
  async function draft(
    params: object,
    more: { target?: object; type?: string; isInRings?: boolean; as?: Actor } = {},
  ): Promise<{ order: Order; dryRun: DryRun }> {
    const { status, body } = await call(more.as)('POST', '/v1/orders', {
      type: more.type ?? 'apply-settings',
      params,
      target: more.target ?? { kind: 'matching' },
      isInRings: more.isInRings ?? false,
    })
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }
  async function confirm(id: string, more: object = {}) {
    const { status, body } = await call()('POST', `/v1/orders/${id}/confirm`, more)
    expect([status, body.hasMoved], JSON.stringify(body)).toEqual([200, false])
  }
  async function give(params: object, more: Parameters<typeof draft>[1] = {}): Promise<string> {
    const { order, dryRun } = await draft(params, more)
    await confirm(order.id, dryRun.weakens ? { confirmWeaker: true } : {})
    await runner.runDue()
    return order.id
  }
  async function undo(id: string): Promise<{ order: Order; dryRun: DryRun }> {
    const { status, body } = await call()('POST', `/v1/orders/${id}/undo`)
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }
  const order = async (id: string) => (await call()('GET', `/v1/orders/${id}`)).body.order
  const places = async (id: string) => (await call()('GET', `/v1/orders/${id}/places`)).body.rows as OrderPlace[]
  const outcomes = async (id: string) =>
    ((await call()('GET', `/v1/orders/${id}/agents`)).body.rows as OrderAgent[]).map((row) => [row.customerName, row.outcome ?? row.reason])
  const own = async ({ customerId }: Site) =>
    (await sql(`select values from setting_layer where customer_id = $1 and product_id is null`, customerId))[0]?.values ?? {}
  const setBy = async (actor: Actor, { customerId }: Site, values: object) => {
    const path = `/v1/customers/${customerId}/settings`
    const { version } = (await server.as(actor)('GET', path)).body
    expect((await server.as(actor)('PATCH', path, { values, confirmWeaker: true }, { 'if-match': String(version) })).status).toBe(200)
  }

  /** Connected agents take what waits, answer, and report what they have then. */
  async function answer(some: readonly Site[], step: 'succeeded' | 'failed' = 'succeeded', reported?: object): Promise<void> {
    await server.database.transaction(all(), async (db) => {
      const agentIds = some.map(({ agentId }) => agentId)
      await db.query('select from agent where id = any($1) order by id for no key update', [agentIds])
      const taken = [...(await takeWaitingOfMany(db, agentIds, false, server.clock.now()))].flatMap(([agentId, frames]) =>
        frames.map((frame) => ({ agentId, frame })),
      )
      await applyOutcomes(
        db,
        taken.map(({ agentId, frame }) => ({
          agentId,
          item: {
            kind: 'outcome' as const,
            commandId: frame.order.commandId,
            at: new Date().toISOString(),
            step,
            evidence: (step === 'failed' ? { reason: 'engine-missing' } : {}) as Record<string, string>,
          },
        })),
        server.clock.now(),
      )
      if (step === 'failed') return
      await noteReported(
        db,
        taken.flatMap(({ agentId, frame }) => {
          const params = frame.order.params as { revision: number; values: Record<string, SettingValue> } | undefined
          const site = some.find((one) => one.agentId === agentId)!
          return params && 'revision' in params
            ? [{ ...site, settings: { revision: params.revision, values: { ...params.values, ...reported } } }]
            : []
        }),
        server.clock.now(),
      )
    })
    await runner.runDue()
  }

  async function draftAndConfirm(type: string, target: object): Promise<string> {
    const { status, body } = await call()('POST', '/v1/orders', { type, target, isInRings: false })
    expect(status, JSON.stringify(body)).toBe(200)
    await confirm(body.order.id)
    return body.order.id as string
  }

  return {
    /** There once the file's hooks ran; all but server and runner are each test's own. */
    get server() {
      return server
    },
    get runner() {
      return runner
    },
    get partnerId() {
      return partnerId
    },
    get owner() {
      return owner
    },
    get sites() {
      return sites
    },
    sql,
    all,
    aSite,
    call,
    draft,
    confirm,
    draftAndConfirm,
    give,
    undo,
    order,
    places,
    outcomes,
    own,
    setBy,
    answer,
  }
}
