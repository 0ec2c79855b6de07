import { assertEndpointNamed, identityApi, type Duplicate } from '@vigie/domain/identity'
import { assertNamed } from '@vigie/domain/products'
import { doer, record } from '../audit/index.ts'
import { assertWithinCaps } from '../commands/index.ts'
import { exportPageSize, handle, handleStream, speaker, streamCsv, type Context, type Handler } from '../platform/index.ts'
import * as duplicates from './duplicates.ts'
import * as merges from './merges.ts'
import * as merging from './merging.ts'
import * as moves from './moves.ts'
import * as moving from './moving.ts'
import { switchRoutes } from './switch-routes.ts'

const objectOf = (endpoint: { id: string; name: string }) => ({ kind: 'endpoint', id: endpoint.id, name: endpoint.name })
const namesOf = ({ endpoints }: Duplicate) => endpoints.map(({ endpointId, name }) => ({ endpointId, name }))

export const identityRoutes: Handler[] = [
  handle(identityApi.listDuplicates, async ({ db }, { query }) => await duplicates.list(db, query)),

  handleStream(identityApi.exportDuplicates, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = [
      'customer',
      'endpoint',
      'addresses',
      'agent-state',
      'received',
      'other-endpoint',
      'addresses',
      'agent-state',
      'received',
      'evidence',
      'state',
      'found',
    ].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'duplicates.csv', head, async (db, cursor) => {
      const page = await duplicates.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
      if (cursor === undefined) {
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'duplicate.exported',
          object: { kind: 'duplicate', id: null, name: 'duplicates.csv' },
          customerId: query.customerId ?? null,
          after: query,
        })
      }
      const rows = page.rows.map((row) => [
        row.customerName,
        ...row.endpoints.flatMap((one) => [one.name, one.addresses?.join(' ') ?? null, say(`agent-state.${one.state}`), one.lastSeenAt]),
        row.evidence.map((evidence) => say(`duplicate-evidence.${evidence}`)).join(', '),
        say(`duplicate-state.${row.state}`),
        row.foundAt,
      ])
      return { rows, nextCursor: page.nextCursor }
    })
  }),

  handle(identityApi.decideDuplicate, async ({ db, now, services, ...who }, { params, body: { isKeptApart } }) => {
    const before = await duplicates.get(db, params.duplicateId, true)
    if ((before.state === 'kept-apart') === isKeptApart) {
      db.markAudited() // a second click: nothing changes
      return before
    }
    await duplicates.decide(
      db,
      before.id,
      isKeptApart ? 'kept-apart' : before.evidence.includes('clone') ? 'separated' : 'suspected',
      who.actor.name,
      now,
    )
    const after = await duplicates.get(db, before.id)
    db.announce({ kind: 'endpoint', id: after.endpoints[0].endpointId, customerId: after.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: isKeptApart ? 'duplicate.kept-apart' : 'duplicate.reopened',
      object: { kind: 'endpoint', id: after.endpoints[0].endpointId, name: after.endpoints[0].name },
      customerId: after.customerId,
      before: { state: before.state },
      after: { state: after.state, endpoints: namesOf(after) },
    })
    return after
  }),

  handle(identityApi.mergeEndpoints, async ({ db, now, services, ...who }, { params, body }) => {
    const [taken, staying] = await merging.lockEndpoints(db, [params.endpointId, body.intoId])
    const id = await merging.merge(db, staying!, taken!, who.actor.name, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'endpoint.merged',
      object: objectOf(taken!),
      customerId: taken!.customer_id,
      after: { mergeId: id, into: objectOf(staying!) },
    })
    return await merges.get(db, id)
  }),

  handle(identityApi.listMerges, async ({ db }, { query }) => await merges.list(db, query)),

  handle(identityApi.undoMerge, async ({ db, now, services, ...who }, { params }) => {
    const undone = await merging.undoMerge(db, params.mergeId, who.actor.name, now)
    await duplicates.keepApart(db, undone.customer_id, [undone.endpoint_id, undone.merged_id], who.actor.name, now)
    const after = await merges.get(db, undone.id)
    await record(db, services.vault, now, doer(who), {
      activity: 'endpoint.split',
      object: { kind: 'endpoint', id: undone.merged_id, name: undone.merged_name },
      customerId: undone.customer_id,
      after: { mergeId: undone.id, from: { id: after.endpointId, name: after.endpointName } },
    })
    return after
  }),

  handle(identityApi.removeEndpoint, async ({ db, now, services, ...who }, { params, body }) => {
    const [endpoint] = await merging.lockEndpoints(db, [params.endpointId])
    assertEndpointNamed(endpoint!.name, body.confirmName)
    await merging.remove(db, endpoint!, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'endpoint.removed',
      object: objectOf(endpoint!),
      customerId: endpoint!.customer_id,
      before: { key: endpoint!.key, productId: endpoint!.product_id, lastSeenAt: endpoint!.received_at?.toISOString() ?? null },
    })
    return null
  }),

  handle(identityApi.moveProduct, async ({ db, now, services, ...who }, { params, body }) => {
    const product = await moving.lockForMove(db, params.productId, body.customerId)
    assertNamed(product.description, body.confirmName)
    await assertWithinCaps(db, services, who.actor, {
      type: 'move',
      agents: product.agentIds.map((id) => ({ id, customerId: product.from.id })),
    })
    const moved = await moving.move(
      db,
      { productId: params.productId, toCustomerId: body.customerId, reason: body.reason, by: who.actor.name, undoesId: null },
      now,
    )
    await recordMove({ db, now, services, ...who }, params.productId, moved, body.reason)
    return await moves.get(db, moved.id, now)
  }),

  handle(identityApi.listMoves, async ({ db, now }, { query }) => await moves.list(db, query, now)),
  handle(identityApi.getMove, async ({ db, now }, { params }) => await moves.get(db, params.moveId, now)),

  handle(identityApi.undoMove, async ({ db, now, services, ...who }, { params }) => {
    const { productId, fromCustomerId } = await moving.lockUndoable(db, params.moveId, now)
    const moved = await moving.move(
      db,
      { productId, toCustomerId: fromCustomerId, reason: '', by: who.actor.name, undoesId: params.moveId },
      now,
    )
    await assertWithinCaps(db, services, who.actor, {
      type: 'move',
      agents: moved.agentIds.map((id) => ({ id, customerId: moved.from.id })),
    })
    await moving.markUndone(db, params.moveId, who.actor.name, now)
    await recordMove({ db, now, services, ...who }, productId, moved, 'undo')
    return await moves.get(db, params.moveId, now)
  }),
  ...switchRoutes,
]

/** At both customers: each one's log tells its own half of the story (ACC-11). */
async function recordMove(
  { db, now, services, ...who }: Pick<Context, 'db' | 'now' | 'services' | 'actor' | 'origin'>,
  productId: string,
  moved: moving.Moved,
  reason: string,
): Promise<void> {
  const object = { kind: 'product', id: productId, name: moved.description }
  await record(db, services.vault, now, doer(who), {
    activity: 'product.moved-away',
    object,
    customerId: moved.from.id,
    before: { customer: moved.from },
    after: { customer: moved.to, moveId: moved.id, reason },
  })
  await record(db, services.vault, now, doer(who), {
    activity: 'product.moved-in',
    object,
    customerId: moved.to.id,
    before: { customer: moved.from },
    after: { customer: moved.to, moveId: moved.id, reason },
  })
}
