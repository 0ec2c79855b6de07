import { auditApi } from '@vigie/domain/audit'
import { csv, handle, handleInSteps, tenantOf, type Handler } from '../platform/index.ts'
import { record } from './record.ts'
import * as store from './store.ts'
import { verifyChain } from './verify.ts'

/** An export holds at most this many records, in the order asked for; narrower filters give the rest. */
const exportLimit = 50_000

export const auditRoutes: Handler[] = [
  handle(auditApi.listAudit, async ({ db, services }, { query }) => {
    const { rows, nextCursor } = await store.list(db, query)
    return { rows: await store.toRecords(db, services.vault, rows), nextCursor }
  }),

  // the whole chain, also for whom only a part of it may be read: a transaction a page, and none of the caller's scope
  handleInSteps(auditApi.verifyAudit, async ({ services, actor }) => await verifyChain(services.database, actor.partnerId)),

  handleInSteps(auditApi.exportAudit, async ({ services, actor, origin, now }, { query }) => {
    const lines: (string | number | null)[][] = []
    let cursor = query.cursor
    do {
      const page = await services.database.transaction(tenantOf(actor), async (db) => {
        const { rows, nextCursor } = await store.list(db, { ...query, cursor, limit: 1_000 })
        return { records: await store.toRecords(db, services.vault, rows), nextCursor }
      })
      for (const one of page.records) {
        lines.push([
          one.sequence, one.at, one.actor.kind, one.actor.name, one.actor.role, one.source, one.address, one.activity, one.customerId, one.object.kind, one.object.id, one.object.name,
          one.before === null ? null : JSON.stringify(one.before), one.after === null ? null : JSON.stringify(one.after), one.hash,
        ])
      }
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined && lines.length < exportLimit)
    await services.database.transaction(tenantOf(actor), (db) =>
      record(db, services.vault, now, { kind: 'account', actor, origin }, { activity: 'audit.exported', object: { kind: 'audit', id: null, name: `${lines.length}` } }),
    )
    return csv(['sequence', 'at', 'actor kind', 'actor', 'role', 'source', 'address', 'activity', 'customer', 'object kind', 'object', 'object name', 'before', 'after', 'hash'], lines)
  }),
]
