import { urlListsApi } from '@vigie/domain/settings'
import { Problem } from '@vigie/domain/kernel'
import { doer, record } from '../audit/index.ts'
import { exportPageSize, handle, handleStream, speaker, streamCsv, type Handler, type TenantDb } from '../platform/index.ts'
import * as urls from './urls.ts'

/** @returns its name; empty for the business itself. @throws customer.not-found */
async function ownerOf(db: TenantDb, customerId: string | null): Promise<string> {
  if (customerId === null) return ''
  const {
    rows: [row],
  } = await db.query<{ company: string }>('select company from customer where id = $1', [customerId])
  if (!row) throw new Problem('customer.not-found', { customerId })
  return row.company
}

export const urlRoutes: Handler[] = [
  handle(urlListsApi.listUrls, async ({ db }, { query }) => {
    await ownerOf(db, query.customerId ?? null)
    return await urls.list(db, query)
  }),

  handleStream(urlListsApi.exportUrls, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    await streamCsv(
      context,
      reply,
      'urls.csv',
      ['url', 'url-list', 'added-by', 'added-at'].map((name) => say(`column.${name}`)),
      async (db, cursor) => {
        const owner = await ownerOf(db, query.customerId ?? null)
        const page = await urls.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
        if (cursor === undefined) {
          await record(db, context.services.vault, context.now, doer(context), {
            activity: 'url.exported',
            object: { kind: 'url', id: null, name: owner === '' ? 'urls.csv' : owner },
            customerId: query.customerId ?? null,
            after: query,
          })
        }
        return {
          rows: page.rows.map((row) => [row.text, say(`url-kind.${row.kind}`), row.addedBy, row.addedAt]),
          nextCursor: page.nextCursor,
        }
      },
    )
  }),

  handle(urlListsApi.addUrls, async ({ db, now, services, ...who }, { body }) => {
    // the business's own lists reach customers that such an account does not see
    if (body.customerId === null && who.actor.isScopeLimited) throw new Problem('permission.missing', { permission: 'setting.update' })
    const owner = await ownerOf(db, body.customerId)
    const { entries, ...reply } = await urls.add(db, body, who.actor.name, now)
    if (body.isDryRun || reply.added === 0) {
      db.markAudited() // nothing changes
      return reply
    }
    if (body.customerId !== null) db.announce({ kind: 'customer', id: body.customerId, customerId: body.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'url.added',
      object: { kind: 'url', id: null, name: owner === '' ? body.kind : `${owner}: ${body.kind}` },
      customerId: body.customerId,
      after: { kind: body.kind, entries: entries.slice(0, 1_000), count: entries.length },
    })
    return reply
  }),

  handle(urlListsApi.removeUrls, async ({ db, now, services, ...who }, { body }) => {
    const removed = await urls.remove(db, body.ids)
    for (const [customerId, own] of Map.groupBy(removed, (entry) => entry.customerId)) {
      const owner = await ownerOf(db, customerId)
      await record(db, services.vault, now, doer(who), {
        activity: 'url.removed',
        object: { kind: 'url', id: null, name: owner === '' ? own[0]!.kind : `${owner}: ${own[0]!.kind}` },
        customerId,
        before: own.map(({ kind, text }) => ({ kind, text })),
      })
    }
    return { removed: removed.length }
  }),
]
