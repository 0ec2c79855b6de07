import { canGiveUp, identityApi } from '@vigie/domain/identity'
import { Problem } from '@vigie/domain/kernel'
import { assertSecondFactor } from '../access/index.ts'
import { doer, record } from '../audit/index.ts'
import { exportPageSize, handle, handleInSteps, handleStream, speaker, streamCsv, type Handler } from '../platform/index.ts'
import * as switches from './switches.ts'
import { connectionCode, start } from './switching.ts'
import { switchBell } from './wake.ts'

export const switchRoutes: Handler[] = [
  handle(
    identityApi.issueConnectionCode,
    async ({ db, services, now, ...who }, { params, body }) =>
      await connectionCode(db, services, now, who, params.productId, body.machines),
  ),

  handleInSteps(identityApi.startSwitch, async ({ services, now, change, actor, origin }, { params, body }) => {
    if (body.code !== undefined) await assertSecondFactor(services, actor, body.code, now)
    return await change(
      async (db) =>
        await switches.get(
          db,
          await start(db, services, now, { actor, origin }, params.productId, body, body.code !== undefined),
          actor.accountId,
        ),
    )
  }),

  handleInSteps(identityApi.judgeSwitch, async ({ services, now, change, actor, origin }, { params, body }) => {
    if (body.isApproved) await assertSecondFactor(services, actor, body.code, now)
    return await change(async (db) => {
      const before = await switches.lock(db, params.switchId)
      if (before.created_by_id === actor.accountId) throw new Problem('order.own')
      if (before.state !== 'waiting') throw new Problem('switch.not-possible-now', { state: before.state })
      await switches.set(db, before, {
        approved_by: actor.name,
        approved_by_id: actor.accountId,
        ...(body.isApproved ? { state: 'preparing' } : { state: 'refused', ended_at: now, keys: null }),
      })
      db.afterCommit(switchBell.ring)
      await record(
        db,
        services.vault,
        now,
        { kind: 'account', actor, origin },
        {
          activity: body.isApproved ? 'switch.approved' : 'switch.refused-by-person',
          object: switches.objectOf(before),
          customerId: before.customer_id,
          before: { state: before.state },
          after: { switchId: before.id, server: before.server, givenBy: before.created_by },
        },
      )
      return await switches.get(db, before.id, actor.accountId)
    })
  }),

  handle(identityApi.giveUpSwitch, async ({ db, services, now, ...who }, { params }) => {
    const before = await switches.lock(db, params.switchId)
    if (before.state === 'giving-up' || before.state === 'given-up') {
      db.markAudited() // a second click: nothing changes
      return await switches.get(db, before.id, who.actor.accountId)
    }
    if (!canGiveUp(before.state)) throw new Problem('switch.not-possible-now', { state: before.state })
    await switches.set(db, before, { state: 'giving-up', cause: 'by-person' })
    db.afterCommit(switchBell.ring)
    await record(db, services.vault, now, doer(who), {
      activity: 'switch.given-up',
      object: switches.objectOf(before),
      customerId: before.customer_id,
      before: { state: before.state },
      after: { switchId: before.id, cause: 'by-person' },
    })
    return await switches.get(db, before.id, who.actor.accountId)
  }),

  handle(identityApi.listSwitches, async ({ db, actor }, { query }) => await switches.list(db, query, actor.accountId)),
  handleStream(identityApi.exportSwitches, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = [
      'product',
      'customer',
      'switch-to',
      'state',
      'agents',
      'switch-ready',
      'switch-gone-over',
      'switch-troubled',
      'switch-cause',
      'reason',
      'switch-begun',
      'switch-by',
      'approved-by',
      'switch-ended',
    ].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'switches.csv', head, async (db, cursor) => {
      const page = await switches.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor }, context.actor.accountId)
      if (cursor === undefined) {
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'switch.exported',
          object: { kind: 'product', id: null, name: 'switches.csv' },
          customerId: query.customerId ?? null,
          after: query,
        })
      }
      const rows = page.rows.map((row) => [
        row.productName,
        row.customerName,
        row.server,
        say(`switch-state.${row.state}`),
        row.agentCount,
        row.preparedCount,
        row.switchedCount,
        row.troubledCount,
        row.cause && say(`switch-cause.${row.cause}`),
        row.reason,
        row.createdAt,
        row.createdBy,
        row.approvedBy,
        row.endedAt,
      ])
      return { rows, nextCursor: page.nextCursor }
    })
  }),
  handle(identityApi.getSwitch, async ({ db, actor }, { params }) => await switches.get(db, params.switchId, actor.accountId)),
  handle(identityApi.listSwitchAgents, async ({ db }, { params, query }) => await switches.agents(db, params.switchId, query)),
]
