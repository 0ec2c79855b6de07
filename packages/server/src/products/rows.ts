import type { Agent, Endpoint, Product } from '@vigie/domain/products'
import { isStale, missingProtection, outdatedComponents } from '@vigie/domain/products'
import type { Newest } from './newest.ts'

/** Columns of a product `p` and its customer `c`, as `toProduct` reads them. */
export const productColumns = `p.id, p.customer_id, c.company, p.guid, p.type_id, p.family, p.description, p.state, p.action_required_count, p.warning_count, p.endpoint_count,
  p.last_seen_at, p.fresh_for_seconds, p.key_expires_at, p.key_used_at, p.created_at, p.version`
export const productJoin = 'join customer c on c.partner_id = p.partner_id and c.id = p.customer_id'

export interface ProductRow {
  id: string
  customer_id: string
  company: string
  guid: string
  type_id: string
  family: Product['family']
  description: string
  state: Product['state']
  action_required_count: number
  warning_count: number
  endpoint_count: number
  last_seen_at: Date | null
  fresh_for_seconds: number
  key_expires_at: Date | null
  key_used_at: Date | null
  created_at: Date
  version: number
}

export function toProduct(row: ProductRow, now: Date): Product {
  const isKeyWaiting = row.key_expires_at !== null && row.key_used_at === null && row.key_expires_at > now
  return {
    id: row.id,
    customerId: row.customer_id,
    customerName: row.company,
    guid: row.guid,
    typeId: row.type_id,
    family: row.family,
    description: row.description,
    state: row.state,
    attention: { actionRequired: row.action_required_count, warning: row.warning_count },
    endpointCount: row.endpoint_count,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    freshForSeconds: row.fresh_for_seconds,
    isStale: isStale({ lastSeenAt: row.last_seen_at, freshForSeconds: row.fresh_for_seconds }, now),
    keyExpiresAt: isKeyWaiting ? row.key_expires_at!.toISOString() : null,
    createdAt: row.created_at.toISOString(),
    version: row.version,
  }
}

export const agentColumns = `a.id, a.customer_id, a.product_id, a.switch, a.state, a.cause, a.hostname, a.platform, a.addresses, a.agent_version, a.commands, a.cloned_from_id,
  a.held_by is not null as is_connected, a.role,
  (select v.hostname from agent v where v.partner_id = a.partner_id and v.id = a.via_agent_id) as via_hostname,
  (select jsonb_build_object('records', s.held_records, 'since', s.held_since) from site_server s where s.partner_id = a.partner_id and s.product_id = a.product_id and s.agent_id = a.id and s.held_records > 0) as held, a.carrier, a.polling_reason, a.last_seen_at, a.registered_at`

export interface AgentRow {
  id: string
  customer_id: string
  product_id: string
  switch: 'enabled' | 'disabled' | 'unregistered'
  state: Agent['state']
  cause: string | null
  hostname: string
  platform: string
  addresses: string[]
  agent_version: string
  commands: Agent['commands']
  cloned_from_id: string | null
  is_connected: boolean
  role: Agent['role']
  via_hostname: string | null
  /** As JSON has it: its instant is not in our shape. */
  held: { records: number; since: string } | null
  carrier: Agent['carrier']
  polling_reason: string | null
  last_seen_at: Date | null
  registered_at: Date
}

export function toAgent(row: AgentRow, isAddressShown = true): Agent {
  return {
    id: row.id,
    state: row.state,
    cause: row.cause,
    hostname: row.hostname,
    platform: row.platform,
    version: row.agent_version,
    address: isAddressShown ? (row.addresses[0] ?? null) : null,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    registeredAt: row.registered_at.toISOString(),
    clonedFromId: row.cloned_from_id,
    role: row.role,
    through: row.via_hostname,
    held: row.held && { records: row.held.records, since: new Date(row.held.since).toISOString() },
    carrier: row.carrier,
    pollingReason: row.polling_reason,
    commands: row.commands,
  }
}

/** Columns of an endpoint `e`, its customer `c`, product `p`, group `g` and agent `a`. */
export const endpointColumns = `e.id, e.customer_id, c.company, e.product_id, p.type_id, p.description, e.name, e."group", g.label, e.addresses, e.platform, e.platform_kind, e.agent_id,
  a.agent_version, a.fingerprint, coalesce(a.commands, '[]') as commands, coalesce(a.state, 'unknown') as state,
  e.engine, e.engine_version, e.pattern_version, e.pattern_built_at, e.update_checked_at, e.real_time_scan, e.scan_running, e.scan_started_at, e.scan_finished_at, e.engine_problem,
  e.open_infections, e.collected_at, e.received_at, p.fresh_for_seconds,
  array(select t.tag from customer_tag t where t.partner_id = e.partner_id and t.customer_id = e.customer_id order by t.tag) as tags`
export const endpointJoins = `join customer c on c.partner_id = e.partner_id and c.id = e.customer_id
  join product p on p.partner_id = e.partner_id and p.id = e.product_id
  left join endpoint_group g on g.partner_id = e.partner_id and g.product_id = e.product_id and g.name = e."group"
  left join agent a on a.partner_id = e.partner_id and a.id = e.agent_id`

export interface EndpointRow {
  id: string
  customer_id: string
  company: string
  product_id: string
  type_id: string
  description: string
  name: string
  group: string
  label: string | null
  addresses: string[]
  platform: string
  platform_kind: Endpoint['platformKind']
  agent_id: string | null
  agent_version: string | null
  fingerprint: string | null
  commands: Endpoint['commands']
  tags: string[]
  state: Endpoint['state']
  engine: string | null
  engine_version: string | null
  pattern_version: string | null
  pattern_built_at: Date | null
  update_checked_at: Date | null
  real_time_scan: NonNullable<Endpoint['engine']>['realTimeScan']
  scan_running: boolean
  scan_started_at: Date | null
  scan_finished_at: Date | null
  engine_problem: string | null
  open_infections: number
  collected_at: Date | null
  received_at: Date | null
  fresh_for_seconds: number
}

const instant = (at: Date | null): string | null => at?.toISOString() ?? null

export function toEndpoint(row: EndpointRow, newest: Newest, areAddressesShown: boolean, now: Date): Endpoint {
  const engine: Endpoint['engine'] =
    row.engine === null
      ? null
      : {
          engine: row.engine,
          engineVersion: row.engine_version,
          patternVersion: row.pattern_version,
          patternBuiltAt: instant(row.pattern_built_at),
          updateCheckedAt: instant(row.update_checked_at),
          realTimeScan: row.real_time_scan,
          scan: { isRunning: row.scan_running, startedAt: instant(row.scan_started_at), finishedAt: instant(row.scan_finished_at) },
          problem: row.engine_problem,
        }
  const receivedAt = instant(row.received_at)
  return {
    id: row.id,
    customerId: row.customer_id,
    customerName: row.company,
    tags: row.tags,
    productId: row.product_id,
    productName: row.description,
    typeId: row.type_id,
    name: row.name,
    group: row.group,
    groupLabel: row.label,
    addresses: areAddressesShown ? row.addresses : null,
    platform: row.platform,
    platformKind: row.platform_kind,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    commands: row.commands,
    fingerprint: row.fingerprint === '' ? null : row.fingerprint,
    state: row.state,
    engine,
    missingProtection: missingProtection({ receivedAt, engine }),
    outdated: engine === null ? [] : outdatedComponents(engine, newest.get(engine.engine)),
    openInfections: row.open_infections,
    // its agent's beats say that the agent lives; only its own report says that of the endpoint
    lastSeenAt: receivedAt,
    collectedAt: instant(row.collected_at),
    receivedAt,
    freshForSeconds: row.fresh_for_seconds,
    isStale: isStale({ lastSeenAt: row.received_at, freshForSeconds: row.fresh_for_seconds }, now),
  }
}
