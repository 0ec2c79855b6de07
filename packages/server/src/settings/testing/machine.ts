import type { SettingRow, SettingsAt } from '@vigie/domain/settings'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { applyOutcomes, takeWaiting } from '../../commands/index.ts'
import { newId, type Actor } from '../../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../../platform/testing/database.ts'
import { testServer, type TestServer } from '../../platform/testing/server.ts'
import { noteReported, settingJobs } from '../index.ts'

export let server: TestServer
export let actor: Actor
export let partnerId: string
export let customerId: string
export let productId: string
export let agentId: string
export let endpointId: string
/** Registers what each file of tests needs: one server, and for each test a business with one product of one machine. The bindings above are live. */
export function setUp(): void {
  beforeAll(async () => void (server = await testServer()))
  afterAll(() => server.close())
  beforeEach(anew)
}
async function anew(): Promise<void> {
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId, { role: 'administrator' })
  customerId = await aCustomer(server.database, partnerId)
  productId = await aProduct(server.database, partnerId, customerId)
  agentId = await anAgent()
  endpointId = await anEndpoint('srv-1', agentId)
}

/** What follows is about another product, or another agent of it. */
export function turnTo(customer: string, product: string, agent = agentId): void {
  customerId = customer
  productId = product
  agentId = agent
}

export const all = () => ({ partnerId, scope: 'all' as const, principalId: null })
export const takes = (isSupported = true) =>
  JSON.stringify([{ type: 'apply-settings', isSupported, reason: isSupported ? null : 'not-supported' }])

export async function anAgent(agent: { state?: string; commands?: string } = {}): Promise<string> {
  const id = newId()
  await server.database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     values ($1, $2, $3, $4, $5, $6, 'srv-1', 'Debian', $7, '0.1.0', 2, $8, now())`,
    [partnerId, id, customerId, productId, Buffer.from(id), agent.state ?? 'online', 'a'.repeat(64), agent.commands ?? takes()],
  )
  return id
}
export async function anEndpoint(name: string, agent: string | null, group = 'servers'): Promise<string> {
  const id = newId()
  await server.database.owner.query(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [partnerId, id, customerId, productId, agent, id, name, group],
  )
  return id
}

export const api = () => server.as(actor)
export const hours = 'update-schedule.every-hours'
export const read = async (group?: string): Promise<SettingsAt> =>
  (await api()('GET', `/v1/products/${productId}/settings${group ? `?group=${group}` : ''}`)).body
/** @throws where there is no such setting */
export function row({ rows }: Pick<SettingsAt, 'rows'>, key = hours): SettingRow {
  const found = rows.find((one) => one.key === key)
  if (!found) throw new Error(`no setting ${key}`)
  return found
}
export const set = (values: object, version: number, more: { confirmWeaker?: boolean; path?: string; as?: Actor } = {}) =>
  server.as(more.as ?? actor)(
    'PATCH',
    more.path ?? `/v1/products/${productId}/settings`,
    { values, ...(more.confirmWeaker ? { confirmWeaker: true } : {}) },
    { 'if-match': String(version) },
  )
export const waiting = (isAnew = false) => server.database.transaction(all(), (db) => takeWaiting(db, agentId, isAnew, server.clock.now()))
export const reports = (revision: number, values: object) =>
  server.database.transaction(all(), (db) =>
    noteReported(db, [{ endpointId, customerId, productId, agentId, settings: { revision, values: values as never } }], server.clock.now()),
  )
export const outcome = (commandId: string, step: 'succeeded' | 'failed', evidence = {}) =>
  server.database.transaction(all(), (db) =>
    applyOutcomes(
      db,
      [{ agentId, item: { kind: 'outcome', commandId, at: server.clock.now().toISOString(), step, evidence } }],
      server.clock.now(),
    ),
  )
export const settle = async () => {
  for (const job of settingJobs) await job.run(server.services)
}
export const steps = async () =>
  (
    await server.database.owner.query<{ step: string; revision: number }>(
      `select step, (frame -> 'order' -> 'params' ->> 'revision')::integer as revision from command where agent_id = $1 order by number`,
      [agentId],
    )
  ).rows.map((one) => `${one.revision}:${one.step}`)
