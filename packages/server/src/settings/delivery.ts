import { giveWay, issueCommands, lockAgents, type CommandTarget } from '../commands/index.ts'
import { withoutConsent } from '../consent/index.ts'
import type { SettingValues } from '@vigie/domain/settings'
import type { Services, TenantDb } from '../platform/index.ts'

interface Due {
  endpoint_id: string
  agent_id: string
  customer_id: string
  wanted: Record<string, SettingValues[string]>
  wanted_revision: number
}

/** Agents told in one transaction; the rest follow with the next minute. */
export const mostAtOnce = 500

/**
 * Gives each endpoint that has not got what is wanted of it a signed order with the whole of it (R14). Not while one of the same revision is under way; again after it
 * expired or its outcome stayed unknown and the agent is there again, after the agent died over it, and after an agent that had it came back without (restored from a backup). One that
 * the engine refused is not tried again by itself: somebody must look. Of an older revision that still waits `giveWay` says "superseded".
 * Dies before the commit: nothing was sent, and the next minute finds the same. Two at once: who is due is looked at again under the agents' locks, so that the second finds the order of the first
 * and does not take its place.
 * The caller holds no agent's lock, or all of them in the order of ids.
 * @param whom these endpoints, these agents, or all of these customers
 * @param orderId the order over many that the commands are parts of
 * @returns by agent the command it was told by
 */
export async function deliver(
  db: TenantDb,
  services: Pick<Services, 'commandKey'>,
  now: Date,
  sentBy: { id: string | null; name: string },
  whom: Whom,
  orderId: string | null = null,
): Promise<Map<string, string>> {
  const [column, ids] =
    'endpointIds' in whom
      ? ['endpoint_id', whom.endpointIds]
      : 'agentIds' in whom
        ? ['agent_id', whom.agentIds]
        : ['customer_id', whom.customerIds]
  const agents = await lockAgents(db, [...new Set((await dueOf(db, column, ids)).map((row) => row.agent_id))])
  const byAgent = new Map<string, string>()
  if (agents.length === 0) return byAgent
  const rows = await dueOf(
    db,
    column,
    ids,
    agents.map(({ id }) => id),
  )
  if (rows.length === 0) return byAgent
  const refused = await withoutConsent(db, [...new Set(rows.map((row) => row.customer_id))], 'configure')
  const due = new Map(rows.filter((row) => !refused.has(row.customer_id)).map((row) => [row.agent_id, row]))
  if (due.size === 0) return byAgent
  const targets = agents.filter(({ id }) => due.has(id))
  const leaving = await giveWay(
    db,
    targets.map(({ id }) => id),
    'apply-settings',
    now,
  )
  const told = targets.filter(({ id }) => !leaving.has(id))
  // one order's parameters for all that want the same: a group of a thousand is signed in one go
  const alike = Map.groupBy(told, ({ id }) => JSON.stringify([due.get(id)!.wanted_revision, due.get(id)!.wanted]))
  for (const agents of alike.values()) {
    const commandIds = await tell(db, services, now, { sentBy, orderId }, agents, due)
    for (const [i, { id }] of agents.entries()) byAgent.set(id, commandIds[i]!)
  }
  return byAgent
}

/** Whose agents have not got what is wanted and are to be told, the first of them. @param agentIds of these only, which are locked */
async function dueOf(db: TenantDb, column: string, ids: readonly string[], agentIds: readonly string[] | null = null): Promise<Due[]> {
  const { rows } = await db.query<Due>(
    `with due as materialized (
       select * from setting_state s where s.is_wanted and not s.is_current and s.${column} = any($1::uuid[]) and ($2::uuid[] is null or s.agent_id = any($2)))
     select s.endpoint_id, s.agent_id, s.customer_id, s.wanted, s.wanted_revision
     from due s join agent a on a.partner_id = s.partner_id and a.id = s.agent_id left join command o on o.partner_id = s.partner_id and o.id = s.command_id
     where a.switch = 'enabled' and a.commands @> '[{"type": "apply-settings", "isSupported": true}]' and (
         s.command_revision is distinct from s.wanted_revision
         or (o.id is null and a.state = 'online')
         or (o.step = 'failed' and o.evidence ->> 'reason' = 'agent-restarted')
         or (o.step in ('expired', 'unknown') and a.state = 'online')
         or (o.step = 'succeeded' and s.reported_at > (select max(t.at) from command_step t where t.command_id = o.id)))
     order by s.agent_id limit ${mostAtOnce}`,
    [ids, agentIds],
  )
  return rows
}

type Whom = { endpointIds: readonly string[] } | { agentIds: readonly string[] } | { customerIds: readonly string[] }
interface By {
  sentBy: { id: string | null; name: string }
  orderId: string | null
}
async function tell(
  db: TenantDb,
  services: Pick<Services, 'commandKey'>,
  now: Date,
  { sentBy, orderId }: By,
  agents: readonly CommandTarget[],
  due: ReadonlyMap<string, Due>,
): Promise<string[]> {
  const { wanted, wanted_revision: revision } = due.get(agents[0]!.id)!
  const ids = await issueCommands(db, services, now, {
    targets: agents,
    type: 'apply-settings',
    params: { revision, values: wanted },
    eventId: null,
    orderId,
    sentBy,
  })
  await db.query(
    `update setting_state s set command_id = t.command_id, command_revision = $3 from unnest($1::uuid[], $2::uuid[]) t (endpoint_id, command_id) where s.endpoint_id = t.endpoint_id`,
    [agents.map(({ id }) => due.get(id)!.endpoint_id), ids, revision],
  )
  return ids
}
