import type { CommandPolicy, PolicyInput } from '@vigie/domain/orders'
import type { TenantDb } from '../platform/index.ts'

interface Row {
  ring_percents: number[]
  ring_minutes: number
  failure_percent: number
  cap_customers: number
  cap_percent: number
  frozen_at: Date | null
  frozen_by: string | null
  version: number
}
const columns = 'ring_percents, ring_minutes, failure_percent, cap_customers, cap_percent, frozen_at, frozen_by, version'
/** As the table's own defaults. */
const defaults: Row = {
  ring_percents: [1, 5, 25, 100],
  ring_minutes: 60,
  failure_percent: 10,
  cap_customers: 10,
  cap_percent: 5,
  frozen_at: null,
  frozen_by: null,
  version: 1,
}

export async function get(db: TenantDb): Promise<CommandPolicy> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from command_policy`)
  return toPolicy(row ?? defaults)
}

/** Locks until commit. */
export async function lock(db: TenantDb): Promise<CommandPolicy> {
  await db.query('insert into command_policy (partner_id) values ($1) on conflict do nothing', [db.tenant.partnerId])
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from command_policy for no key update`)
  return toPolicy(row!)
}

export async function set(db: TenantDb, input: PolicyInput): Promise<void> {
  await db.query(
    'update command_policy set ring_percents = $1, ring_minutes = $2, failure_percent = $3, cap_customers = $4, cap_percent = $5, version = version + 1',
    [input.ringPercents, input.ringMinutes, input.failurePercent, input.capCustomers, input.capPercent],
  )
}

/** R16. `by` null: commands flow again, and the rings' time begins where it stood. @returns agents for which something waited */
export async function setFrozen(db: TenantDb, by: string | null, now: Date): Promise<string[]> {
  if (by !== null) {
    await db.query('update command_policy set frozen_at = $1, frozen_by = $2, version = version + 1', [now, by])
    return []
  }
  await db.query(
    `update command_order set ring_at = ring_at + ($1 - p.frozen_at) from command_policy p where command_order.state = 'running' and p.frozen_at is not null`,
    [now],
  )
  await db.query('update command_policy set frozen_at = null, frozen_by = null, version = version + 1')
  const { rows } = await db.query<{ agent_id: string }>(`select distinct agent_id from command where step = 'waiting'`)
  return rows.map(({ agent_id }) => agent_id)
}

const toPolicy = (row: Row): CommandPolicy => ({
  ringPercents: row.ring_percents,
  ringMinutes: row.ring_minutes,
  failurePercent: row.failure_percent,
  capCustomers: row.cap_customers,
  capPercent: row.cap_percent,
  frozenAt: row.frozen_at?.toISOString() ?? null,
  frozenBy: row.frozen_by,
  version: row.version,
})
