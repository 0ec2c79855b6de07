import { rolePermissions, roles } from '@vigie/domain/access'
import type { CommandParams } from '@vigie/domain/agents'
import { nextSwitchMove, type SwitchMove } from '@vigie/domain/identity'
import { letGoForGood } from '../agents/index.ts'
import { record } from '../audit/index.ts'
import { giveWay, issueCommands, lockAgents, wakeAgents } from '../commands/index.ts'
import { inRounds, type Background, type Services, type TenantDb } from '../platform/index.ts'
import * as merging from './merging.ts'
import * as switches from './switches.ts'
import { switchBell } from './wake.ts'

const pollMs = 400
/** An agent that could not go, or came back, is told again after so long. */
const againMs = 60_000
/** Told in one transaction: their locks are held so long. */
const agentsAtOnce = 200
/** A new endpoint that never came leaves the old one's history where it is. */
const mergeWithinMs = 7 * 86_400_000

export interface SwitchRunner extends Background {
  /** Everything that can be done now, of all businesses. */
  runDue(): Promise<void>
}

/**
 * Leads a fleet over (AGT-11). Two phases: until every agent said that it is registered at the new side, nothing is given up and anything that fails ends the whole; then it is decided, on disk, and each goes.
 * One step of one switch is one transaction under its lock: it may die anywhere, run twice, and in several processes.
 */
export function createSwitchRunner(services: Services): SwitchRunner {
  const { database, log } = services
  let isStopped = false

  async function runDue(): Promise<void> {
    for (const { id: partnerId } of await database.lookup<{ id: string }>('select vigie.partners_with_live_switches() as id')) {
      const asSystem = { partnerId, scope: 'all' as const, principalId: null }
      const live = await database.transaction(
        asSystem,
        async (db) =>
          (
            await db.query<{ id: string; state: string }>(
              `select id, state from connection_switch s where state in ('delayed', 'preparing', 'switching', 'giving-up')
           or (state = 'done' and is_internal and exists (select from connection_switch_agent a where a.switch_id = s.id and not a.is_merged)) order by created_at, id`,
            )
          ).rows,
      )
      for (const { id, state } of live) {
        for (let isMore = true; isMore && !isStopped;) {
          isMore = await database
            .transaction(asSystem, (db) => (state === 'done' ? mergeSome(db, services, id) : advance(db, services, id)))
            .catch((error: unknown) => {
              log.warn('a switch of connection could not go on, tried again', {
                switchId: id,
                error: error instanceof Error ? (error.stack ?? error.message) : String(error),
              })
              return false
            })
        }
      }
    }
  }

  const round = () =>
    runDue().catch((error: unknown) => log.warn('switches of connection could not be looked after, tried again', { error: String(error) }))
  const rounds = inRounds({ name: 'identity.switch-runner', bell: switchBell, pollMs, round })
  return {
    ...rounds,
    runDue,
    async stop() {
      isStopped = true // also between two steps of one round
      await rounds.stop()
    },
  }
}

const isFinal = (step: string | null) => step === null || ['succeeded', 'failed', 'expired', 'unknown'].includes(step)

/** One step. @returns whether another may follow at once */
async function advance(db: TenantDb, services: Services, id: string): Promise<boolean> {
  const now = services.clock.now()
  const one = await switches.lockFree(db, id)
  if (one === null) return false
  const before = await switches.agentsOf(db, id)
  const told = before.filter((agent) => agent.command_id !== null && isFinal(agent.command_step))
  const gone = before.filter(
    (agent) =>
      agent.switch === 'unregistered' &&
      !['switched', 'left', 'failed'].includes(agent.step) &&
      (agent.command_id === null || isFinal(agent.command_step)) &&
      !(agent.told === 'switch' && agent.command_step === 'succeeded'),
  )
  if (told.length > 0 || gone.length > 0) {
    await lockAgents(
      db,
      [...told, ...gone].map(({ agent_id }) => agent_id),
    )
    for (const agent of told) await takeOutcome(db, one, agent, now)
    // taken away by somebody meanwhile: before the decision that ends the whole, after it there is nobody left to go
    for (const agent of gone)
      await switches.setAgent(db, id, agent.agent_id, {
        step: one.state === 'preparing' ? 'failed' : 'left',
        reason: 'agent-unregistered',
        command_id: null,
        told: null,
        at: now,
      })
    db.announce({ kind: 'product', id: one.product_id, customerId: one.customer_id })
    return true
  }
  const agents = before.map(({ role, step, command_id, again_at }) => ({
    role,
    step: one.state === 'switching' && step === 'left' ? ('switched' as const) : step,
    isUnderWay: command_id !== null || (again_at !== null && again_at > now),
  }))
  return await act(
    db,
    services,
    one,
    before,
    nextSwitchMove({ state: one.state, startsAt: one.starts_at, expiresAt: one.expires_at, agents }, now),
    now,
  )
}

/** What came of an order. An order may be given again though its outcome is unknown (R15): its effect is the same registration, whichever of them arrives. */
async function takeOutcome(db: TenantDb, one: switches.SwitchRow, agent: switches.AgentRow, now: Date): Promise<void> {
  const set = (values: Parameters<typeof switches.setAgent>[3]) =>
    switches.setAgent(db, one.id, agent.agent_id, { command_id: null, told: null, at: now, ...values })
  const reason = typeof agent.evidence?.['reason'] === 'string' ? agent.evidence['reason'] : null
  // the key was used, or is of no use any more
  if (agent.told === 'prepare' && agent.command_id !== null)
    await db.query(`update command set frame = jsonb_set(frame, '{order,params,key}', '""') where id = $1`, [agent.command_id])
  const isDone = agent.command_step === 'succeeded'
  // expired, unknown, taken away, or the agent died over it: it is told again
  if (!isDone && (agent.command_step !== 'failed' || reason === 'agent-restarted')) return await set({})
  switch (agent.told) {
    case 'prepare':
      if (!isDone) return await set({ step: 'failed', reason })
      return await set({ step: 'prepared', reason: null, new_agent_id: agent.evidence?.['newAgentId'] ?? null })
    case 'give-up':
      return await set({ step: 'left', reason: isDone ? null : reason })
    default:
      if (!isDone) return await set({ step: 'failed', reason, again_at: new Date(now.getTime() + againMs) })
      await set({ step: 'switched', reason: null })
      await letGoForGood(db, { id: agent.agent_id, productId: one.product_id, customerId: one.customer_id })
  }
}

async function act(
  db: TenantDb,
  services: Services,
  one: switches.SwitchRow,
  agents: readonly switches.AgentRow[],
  move: SwitchMove,
  now: Date,
): Promise<boolean> {
  const say = (activity: string, after: Record<string, unknown>) =>
    record(
      db,
      services.vault,
      now,
      { kind: 'system', name: 'switch-runner' },
      {
        activity,
        object: switches.objectOf(one),
        customerId: one.customer_id,
        before: { state: one.state },
        after: { switchId: one.id, server: one.server, ...after },
      },
    )
  switch (move.kind) {
    case 'wait':
      return false
    case 'start':
      if (await mayStillMove(db, one.created_by_id)) {
        await switches.set(db, one, { state: 'preparing' })
        await say('switch.started', {})
      } else await giveUp('giver-gone')
      return true
    case 'give-up':
      await giveUp(move.cause)
      return true
    case 'decide':
      await switches.set(db, one, { state: 'switching', keys: null })
      await say('switch.decided', { agents: agents.length })
      return true
    case 'done':
      await switches.set(db, one, { state: 'done', ended_at: now })
      await say('switch.done', { agents: agents.length })
      return false
    case 'given-up':
      await switches.set(db, one, { state: 'given-up', ended_at: now, keys: null })
      return false
    case 'order':
      return await tell(
        db,
        services,
        one,
        agents.filter(
          (agent) =>
            move.from.includes(agent.step) &&
            agent.command_id === null &&
            !(agent.again_at !== null && agent.again_at > now) &&
            (move.role === null || agent.role === move.role),
        ),
        move.step,
        now,
      )
  }
  async function giveUp(cause: string): Promise<void> {
    await switches.set(db, one, { state: 'giving-up', cause })
    await say('switch.given-up', { cause })
  }
}

/** Only the enabled can be told; the others are found at a later look. */
async function tell(
  db: TenantDb,
  services: Services,
  one: switches.SwitchRow,
  agents: readonly switches.AgentRow[],
  step: 'prepare' | 'switch' | 'give-up',
  now: Date,
): Promise<boolean> {
  const some = agents.filter((agent) => agent.switch === 'enabled').slice(0, agentsAtOnce)
  if (some.length === 0) return false
  const sealed =
    step === 'prepare' && one.keys !== null ? await services.vault.open(db, 'secrets', switches.placeOfKeys(one.id), one.keys) : null
  const keys = sealed === null ? null : (JSON.parse(sealed) as { key: string; endpointKey: string })
  const targets = await lockAgents(
    db,
    some.map(({ agent_id }) => agent_id),
  )
  const busy = await giveWay(
    db,
    targets.map(({ id }) => id),
    'move-agent',
    now,
  )
  const first = (await switches.agentsOf(db, one.id)).find(({ role }) => role === 'own')?.agent_id
  for (const [useKey, group] of Map.groupBy(
    targets.filter(({ id, switch: is }) => is === 'enabled' && !busy.has(id)),
    ({ id }) => (id === first ? 'key' : 'endpointKey') as 'key' | 'endpointKey',
  )) {
    const params: CommandParams['move-agent'] =
      step !== 'prepare'
        ? { step, moveId: one.id }
        : {
            step,
            moveId: one.id,
            guid: one.guid,
            key: keys?.[useKey] ?? '',
            server: { address: one.server, caFingerprint: one.ca_fingerprint, commandKey: one.command_key },
          }
    const ids = await issueCommands(db, services, now, {
      targets: group,
      type: 'move-agent',
      params,
      eventId: null,
      orderId: null,
      sentBy: { id: one.created_by_id, name: one.created_by },
    })
    const after = step === 'give-up' ? null : step === 'prepare' ? 'preparing' : 'switching'
    for (const [i, { id }] of group.entries())
      await switches.setAgent(db, one.id, id, { command_id: ids[i], told: step, again_at: null, at: now, ...(after && { step: after }) })
  }
  await wakeAgents(
    db,
    targets.map(({ id }) => id),
  )
  db.announce({ kind: 'product', id: one.product_id, customerId: one.customer_id })
  return agents.length > agentsAtOnce
}

/** As of now, not of then (R7). */
async function mayStillMove(db: TenantDb, accountId: string): Promise<boolean> {
  const { rowCount } = await db.query(`select from account where id = $1 and state = 'active' and role = any($2)`, [
    accountId,
    roles.filter((role) => rolePermissions[role].includes('agent.move')),
  ])
  return rowCount === 1
}

/** Within this installation an endpoint's history goes along: its old row is taken into the one that its agent now reports (INV-3). */
async function mergeSome(db: TenantDb, services: Services, id: string): Promise<boolean> {
  const now = services.clock.now()
  const one = await switches.lockFree(db, id)
  if (one === null) return false
  const { rows } = await db.query<{ agent_id: string; old_id: string | null; new_id: string | null; is_same: boolean; is_late: boolean }>(
    `select a.agent_id, o.id as old_id, n.id as new_id, o.customer_id = n.customer_id as is_same, a.at < $3 as is_late from connection_switch_agent a
     left join endpoint o on o.partner_id = a.partner_id and o.product_id = a.product_id and o.agent_id = a.agent_id
     left join endpoint n on n.partner_id = a.partner_id and n.product_id = $2 and n.agent_id = a.new_agent_id
     where a.switch_id = $1 and not a.is_merged order by a.agent_id limit 20`,
    [id, one.to_product_id, new Date(now.getTime() - mergeWithinMs)],
  )
  const settled: string[] = []
  for (const { agent_id, old_id, new_id, is_same, is_late } of rows) {
    if (old_id !== null && new_id === null && !is_late) continue
    if (old_id !== null && new_id !== null && is_same) {
      const [taken, staying] = await merging.lockEndpoints(db, [old_id, new_id])
      await merging.merge(db, staying!, taken!, one.created_by, now)
      await record(
        db,
        services.vault,
        now,
        { kind: 'system', name: 'switch-runner' },
        {
          activity: 'endpoint.merged',
          object: { kind: 'endpoint', id: taken!.id, name: taken!.name },
          customerId: taken!.customer_id,
          after: { switchId: id, into: { id: staying!.id, name: staying!.name } },
        },
      )
    }
    settled.push(agent_id)
  }
  await db.query('update connection_switch_agent set is_merged = true where switch_id = $1 and agent_id = any($2)', [id, settled])
  return settled.length > 0
}
