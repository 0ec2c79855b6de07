import type { Command, commandsApi, CommandStep, CommandType } from '@vigie/domain/commands'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, Params, type TenantDb } from '../platform/index.ts'

const columns = `o.id, o.type, o.customer_id, c.company, o.product_id, o.agent_id, a.hostname, o.event_id, o.step, o.evidence, o.sent_by, o.sent_at, o.expires_at`
const from = `command o join customer c on c.partner_id = o.partner_id and c.id = o.customer_id join agent a on a.partner_id = o.partner_id and a.id = o.agent_id`

interface Row {
  id: string
  type: CommandType
  customer_id: string
  company: string
  product_id: string
  agent_id: string
  hostname: string
  event_id: string | null
  step: CommandStep
  evidence: Record<string, unknown>
  sent_by: string
  sent_at: Date
  expires_at: Date
}

interface StepRow {
  command_id: string
  step: CommandStep
  at: Date
  evidence: Record<string, unknown>
}

const sorts = { sentAt: [{ sql: 'o.sent_at', type: 'timestamptz' }] } as const

/** Plan: command_newest, command_product or command_event. */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof commandsApi.listCommands>,
): Promise<{ rows: Command[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.customerId) where.push(`o.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`o.product_id = ${params.add(query.productId)}`)
  if (query.agentId) where.push(`o.agent_id = ${params.add(query.agentId)}`)
  if (query.eventId) where.push(`o.event_id = ${params.add(query.eventId)}`)
  if (query.step) where.push(`o.step = any(${params.add(query.step)}::text[])`)
  const page = keyset(sorts, 'o.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from ${from} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: await withSteps(db, shown.rows), nextCursor: shown.nextCursor }
}

/** In the order they were sent. */
export async function byIds(db: TenantDb, ids: readonly string[]): Promise<Command[]> {
  const { rows } = await db.query<Row>(`select ${columns} from ${from} where o.id = any($1) order by o.sent_at, o.id`, [ids])
  return await withSteps(db, rows)
}

/** @throws command.not-found */
export async function get(db: TenantDb, id: string): Promise<Command> {
  const [command] = await byIds(db, [id])
  if (!command) throw new Problem('command.not-found', { commandId: id })
  return command
}

async function withSteps(db: TenantDb, rows: readonly Row[]): Promise<Command[]> {
  const { rows: steps } = await db.query<StepRow>(
    'select command_id, step, at, evidence from command_step where command_id = any($1) order by command_id, position',
    [rows.map(({ id }) => id)],
  )
  const byCommand = Map.groupBy(steps, (step) => step.command_id)
  return rows.map((row) => ({
    id: row.id,
    type: row.type,
    customerId: row.customer_id,
    customerName: row.company,
    productId: row.product_id,
    agentId: row.agent_id,
    agentName: row.hostname,
    eventId: row.event_id,
    step: row.step,
    steps: (byCommand.get(row.id) ?? []).map(({ step, at, evidence }) => ({ step, at: at.toISOString(), evidence })),
    evidence: row.evidence,
    sentBy: row.sent_by,
    sentAt: row.sent_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }))
}

export interface Target {
  id: string
  product_id: string
  customer_id: string
  hostname: string
  switch: 'enabled' | 'disabled' | 'unregistered'
  agent_version: string | null
  commands: { type: string; isSupported: boolean; reason: string | null }[]
}

/** Agents of a product that may be told something, locked in the order of ids: their command numbers go up by what is sent. */
export async function lockTargets(db: TenantDb, productId: string, agentIds: readonly string[] | null): Promise<Target[]> {
  const { rows } = await db.query<Target>(
    `select id, product_id, customer_id, hostname, switch, commands, agent_version from agent where product_id = $1 and ($2::uuid[] is null or id = any($2)) order by id for no key update`,
    [productId, agentIds],
  )
  return rows
}

/** The same by their ids, whatever products they belong to. Those that are not there, or not to be seen, are left out. */
export async function lockAgents(db: TenantDb, ids: readonly string[]): Promise<Target[]> {
  const { rows } = await db.query<Target>(
    'select id, product_id, customer_id, hostname, switch, commands, agent_version from agent where id = any($1) order by id for no key update',
    [ids],
  )
  return rows
}

/** A signed order to one agent. */
export interface NewCommand {
  id: string
  number: number
  frame: unknown
  target: Target
}
export interface CommonToAll {
  type: CommandType
  eventId: string | null
  orderId: string | null
  sentBy: { id: string | null; name: string }
  sentAt: Date
  expiresAt: Date
}

export async function addAll(
  db: TenantDb,
  orders: readonly NewCommand[],
  { type, eventId, orderId, sentBy, sentAt, expiresAt }: CommonToAll,
): Promise<void> {
  const of = <T>(read: (order: NewCommand) => T) => orders.map(read)
  await db.query(
    `insert into command (partner_id, id, customer_id, product_id, agent_id, number, frame, event_id, order_id, type, step, sent_by_id, sent_by, sent_at, not_before, expires_at)
     select $1, o.id, o.customer_id, o.product_id, o.agent_id, o.number, o.frame::jsonb, $8, $9, $10, 'waiting', $11, $12, $13, $13, $14
     from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[]) o (id, customer_id, product_id, agent_id, number, frame)`,
    [
      db.tenant.partnerId,
      of(({ id }) => id),
      of(({ target }) => target.customer_id),
      of(({ target }) => target.product_id),
      of(({ target }) => target.id),
      of(({ number }) => number),
      of(({ frame }) => JSON.stringify(frame)),
      eventId,
      orderId,
      type,
      sentBy.id,
      sentBy.name,
      sentAt,
      expiresAt,
    ],
  )
}

/** The next number of each of these agents (R14): goes up by one with every order. The caller holds their locks. */
export async function nextNumbers(db: TenantDb, agentIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; command_number: number }>(
    'update agent set command_number = command_number + 1 where id = any($1) returning id, command_number',
    [agentIds],
  )
  return new Map(rows.map((row) => [row.id, row.command_number]))
}

/** Orders whose time is up without an outcome. `waiting` ones never left us: expired. Others were handed over: unknown, and never sent again blindly (R15). */
export async function takeEnded(
  db: TenantDb,
  now: Date,
): Promise<{ id: string; customer_id: string; product_id: string; event_id: string | null; step: 'expired' | 'unknown' }[]> {
  const { rows } = await db.query<{
    id: string
    customer_id: string
    product_id: string
    event_id: string | null
    step: 'expired' | 'unknown'
  }>(
    `with ended as (
       select partner_id, id, step from command where step in ('waiting', 'delivered', 'running') and expires_at <= $1 order by expires_at limit 500 for update skip locked)
     update command o set step = case when ended.step = 'waiting' then 'expired' else 'unknown' end from ended where o.partner_id = ended.partner_id and o.id = ended.id
     returning o.id, o.customer_id, o.product_id, o.event_id, o.step`,
    [now],
  )
  return rows
}

/** Newest first. */
export async function ofEvent(db: TenantDb, eventId: string): Promise<Command[]> {
  const { rows } = await db.query<Row>(`select ${columns} from ${from} where o.event_id = $1 order by o.sent_at desc, o.id desc limit 50`, [
    eventId,
  ])
  return await withSteps(db, rows)
}
