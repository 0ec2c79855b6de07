import type { ConnectionSwitch, identityApi, SwitchAgent, SwitchState, SwitchStep } from '@vigie/domain/identity'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, Params, type TenantDb } from '../platform/index.ts'

interface ShownRow {
  id: string
  customer_id: string
  company: string
  product_id: string
  description: string
  state: SwitchState
  server: string
  guid: string
  is_internal: boolean
  agents: number
  prepared: number
  switched: number
  troubled: number
  cause: string | null
  reason: string
  created_by_id: string
  created_by: string
  created_at: Date
  starts_at: Date | null
  approved_by: string | null
  expires_at: Date
  ended_at: Date | null
}
const shownColumns = `s.id, s.customer_id, c.company, s.product_id, p.description, s.state, s.server, s.guid, s.is_internal, a.agents, a.prepared, a.switched, a.troubled, s.cause, s.reason, s.created_by_id, s.created_by,
  s.created_at, s.starts_at, s.approved_by, s.expires_at, s.ended_at`
const joins = `join product p on p.partner_id = s.partner_id and p.id = s.product_id join customer c on c.partner_id = s.partner_id and c.id = s.customer_id
  cross join lateral (select count(*)::integer as agents, count(*) filter (where a.step in ('prepared', 'switching', 'switched', 'returned'))::integer as prepared, count(*) filter (where a.step = 'switched')::integer as switched,
    count(*) filter (where a.step in ('failed', 'returned'))::integer as troubled from connection_switch_agent a where a.partner_id = s.partner_id and a.switch_id = s.id) a`
const sorts = { createdAt: [{ sql: 's.created_at', type: 'timestamptz' }] } as const

/** Plan: connection_switch_newest, connection_switch_customer or connection_switch_product. */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof identityApi.listSwitches>,
  actorId: string,
): Promise<{ rows: ConnectionSwitch[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.customerId) where.push(`s.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`s.product_id = ${params.add(query.productId)}`)
  if (query.state) where.push(`s.state = any(${params.add(query.state)}::text[])`)
  const page = keyset(sorts, 's.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<ShownRow & { keys: string[] }>(
    `select ${shownColumns}, ${page.keys} as keys from connection_switch s ${joins} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map((row) => toSwitch(row, actorId)), nextCursor: shown.nextCursor }
}

/** @throws switch.not-found */
export async function get(db: TenantDb, id: string, actorId: string): Promise<ConnectionSwitch> {
  const {
    rows: [row],
  } = await db.query<ShownRow>(`select ${shownColumns} from connection_switch s ${joins} where s.id = $1`, [id])
  if (!row) throw new Problem('switch.not-found', { switchId: id })
  return toSwitch(row, actorId)
}

const toSwitch = (row: ShownRow, actorId: string): ConnectionSwitch => ({
  id: row.id,
  customerId: row.customer_id,
  customerName: row.company,
  productId: row.product_id,
  productName: row.description,
  state: row.state,
  server: row.server,
  guid: row.guid,
  isInternal: row.is_internal,
  agentCount: row.agents,
  preparedCount: row.prepared,
  switchedCount: row.switched,
  troubledCount: row.troubled,
  cause: row.cause,
  reason: row.reason,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  startsAt: row.starts_at?.toISOString() ?? null,
  approvedBy: row.approved_by,
  expiresAt: row.expires_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  isOwn: row.created_by_id === actorId,
})

const agentSorts = { name: [{ sql: 'a.name_key', type: 'text' }] } as const

/** Plan: connection_switch_agent_name. @throws switch.not-found */
export async function agents(
  db: TenantDb,
  switchId: string,
  query: QueryOf<typeof identityApi.listSwitchAgents>,
): Promise<{ rows: SwitchAgent[]; nextCursor: string | null }> {
  await row(db, switchId)
  const params = new Params()
  const where = [`a.switch_id = ${params.add(switchId)}`]
  if (query.step) where.push(`a.step = any(${params.add(query.step)}::text[])`)
  const page = keyset(agentSorts, 'a.agent_id', query, params)
  where.push(page.where)
  const { rows } = await db.query<{
    agent_id: string
    name: string
    role: 'own' | 'endpoint'
    step: SwitchStep
    reason: string | null
    at: Date
    keys: string[]
  }>(
    `select a.agent_id, a.name, a.role, a.step, a.reason, a.at, ${page.keys} as keys from connection_switch_agent a where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((one) => ({
      id: one.agent_id,
      name: one.name,
      role: one.role,
      step: one.step,
      reason: one.reason,
      at: one.at.toISOString(),
    })),
    nextCursor: shown.nextCursor,
  }
}

export interface SwitchRow {
  id: string
  customer_id: string
  product_id: string
  product_name: string
  state: SwitchState
  server: string
  ca_fingerprint: string
  command_key: string
  guid: string
  keys: Buffer | null
  to_product_id: string | null
  is_internal: boolean
  created_by_id: string
  created_by: string
  starts_at: Date | null
  expires_at: Date
}
const rowColumns = `s.id, s.customer_id, s.product_id, p.description as product_name, s.state, s.server, s.ca_fingerprint, s.command_key, s.guid, s.keys, s.to_product_id, s.is_internal, s.created_by_id, s.created_by, s.starts_at, s.expires_at`
const rowFrom = 'connection_switch s join product p on p.partner_id = s.partner_id and p.id = s.product_id'

/** @throws switch.not-found */
export async function row(db: TenantDb, id: string): Promise<SwitchRow> {
  const {
    rows: [found],
  } = await db.query<SwitchRow>(`select ${rowColumns} from ${rowFrom} where s.id = $1`, [id])
  if (!found) throw new Problem('switch.not-found', { switchId: id })
  return found
}

/** Locks until commit. @throws switch.not-found */
export async function lock(db: TenantDb, id: string): Promise<SwitchRow> {
  const {
    rows: [found],
  } = await db.query<SwitchRow>(`select ${rowColumns} from ${rowFrom} where s.id = $1 for no key update of s`, [id])
  if (!found) throw new Problem('switch.not-found', { switchId: id })
  return found
}

/** Null: another process has it in hand. */
export async function lockFree(db: TenantDb, id: string): Promise<SwitchRow | null> {
  const {
    rows: [found],
  } = await db.query<SwitchRow>(`select ${rowColumns} from ${rowFrom} where s.id = $1 for no key update of s skip locked`, [id])
  return found ?? null
}

export async function set(
  db: TenantDb,
  one: { id: string; product_id: string; customer_id: string },
  values: Partial<Record<'state' | 'cause' | 'starts_at' | 'approved_by' | 'approved_by_id' | 'ended_at' | 'keys', unknown>>,
): Promise<void> {
  const names = Object.keys(values)
  await db.query(`update connection_switch set ${names.map((name, i) => `${name} = $${i + 2}`).join(', ')} where id = $1`, [
    one.id,
    ...Object.values(values),
  ])
  db.announce({ kind: 'product', id: one.product_id, customerId: one.customer_id })
}

/** An agent of a switch, and how the order under way stands. */
export interface AgentRow {
  agent_id: string
  role: 'own' | 'endpoint'
  step: SwitchStep
  told: 'prepare' | 'switch' | 'give-up' | null
  command_id: string | null
  again_at: Date | null
  /** Of the command; null: there is none (any more). */
  command_step: string | null
  evidence: Record<string, unknown> | null
  switch: 'enabled' | 'disabled' | 'unregistered'
}

export async function agentsOf(db: TenantDb, switchId: string): Promise<AgentRow[]> {
  const { rows } = await db.query<AgentRow>(
    `select a.agent_id, a.role, a.step, a.told, a.command_id, a.again_at, o.step as command_step, o.evidence, g.switch
     from connection_switch_agent a join agent g on g.partner_id = a.partner_id and g.id = a.agent_id left join command o on o.partner_id = a.partner_id and o.id = a.command_id
     where a.switch_id = $1 order by a.agent_id`,
    [switchId],
  )
  return rows
}

export async function setAgent(
  db: TenantDb,
  switchId: string,
  agentId: string,
  values: Partial<Record<'step' | 'reason' | 'new_agent_id' | 'command_id' | 'told' | 'again_at' | 'at', unknown>>,
): Promise<void> {
  const names = Object.keys(values)
  await db.query(
    `update connection_switch_agent set ${names.map((name, i) => `${name} = $${i + 3}`).join(', ')} where switch_id = $1 and agent_id = $2`,
    [switchId, agentId, ...Object.values(values)],
  )
}

export const placeOfKeys = (id: string) => ({ table: 'connection_switch', column: 'keys', row: id })
export const objectOf = ({ product_id, product_name }: Pick<SwitchRow, 'product_id' | 'product_name'>) => ({
  kind: 'product',
  id: product_id,
  name: product_name,
})
