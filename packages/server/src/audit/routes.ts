import { auditApi } from '@vigie/domain/audit'
import { exportPageSize, handle, handleInSteps, handleStream, streamCsv, type Handler } from '../platform/index.ts'
import { record } from './record.ts'
import * as store from './store.ts'
import { verifyChain } from './verify.ts'

export const auditRoutes: Handler[] = [
  handle(auditApi.listAudit, async ({ db, services }, { query }) => {
    const { rows, nextCursor } = await store.list(db, query)
    return { rows: await store.toRecords(db, services.vault, rows), nextCursor }
  }),

  // the whole chain, also for whom only a part of it may be read: a transaction a page, and none of the caller's scope
  handleInSteps(auditApi.verifyAudit, async ({ services, actor }) => await verifyChain(services.database, actor.partnerId)),

  handleStream(auditApi.exportAudit, async (context, { query }, reply) => {
    const { services, actor, origin, now } = context
    const head = [
      'sequence',
      'at',
      'actor kind',
      'actor',
      'role',
      'source',
      'address',
      'activity',
      'customer',
      'object kind',
      'object',
      'object name',
      'before',
      'after',
      'hash',
    ]
    await streamCsv(context, reply, 'audit.csv', head, async (db, cursor) => {
      const { rows, nextCursor } = await store.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
      const records = await store.toRecords(db, services.vault, rows)
      if (cursor === undefined)
        await record(
          db,
          services.vault,
          now,
          { kind: 'account', actor, origin },
          { activity: 'audit.exported', object: { kind: 'audit', id: null, name: 'audit.csv' }, after: query },
        )
      return {
        nextCursor,
        rows: records.map((one) => [
          one.sequence,
          one.at,
          one.actor.kind,
          one.actor.name,
          one.actor.role,
          one.source,
          one.address,
          one.activity,
          one.customerId,
          one.object.kind,
          one.object.id,
          one.object.name,
          one.before === null ? null : JSON.stringify(one.before),
          one.after === null ? null : JSON.stringify(one.after),
          one.hash,
        ]),
      }
    })
  }),
]
