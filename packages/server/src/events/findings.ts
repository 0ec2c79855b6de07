import { eventsApi, mostFindings, type Event, type Finding } from '@vigie/domain/events'
import type { QueryOf } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { restrictView } from '../consent/index.ts'
import { exportPageSize, handle, handleStream, keyset, Params, speaker, streamCsv, type Handler, type TenantDb } from '../platform/index.ts'
import { doer, objectOf } from './audited.ts'
import * as events from './store.ts'

type Query = QueryOf<typeof eventsApi.listFindings>
const names = { threat: 'b.threat', object: 'b.object', endpoint: 'b.endpoint_id::text' } as const
const sorts = {
  detections: [{ sql: 'f.detections', type: 'integer' }],
  lastAt: [{ sql: 'f.last_at', type: 'timestamptz' }],
  name: [{ sql: 'f.name', type: 'text' }],
} as const
const hourMs = 3_600_000

/** Of the event's product and category, from the hour before it opened, or its reset. Plan: the primary key of detections, newest first, so many of them at most. */
export async function list(
  db: TenantDb,
  event: Event,
  query: Query,
): Promise<{ rows: Finding[]; nextCursor: string | null; isWhole: boolean }> {
  await restrictView(db, 'view-detections', 'd.customer_id', { customerId: event.customerId })
  const from = event.resetAt ?? new Date(Date.parse(event.openedAt) - hourMs).toISOString()
  const params = new Params()
  const [product, category, since, most] = [event.productId, event.category, from, mostFindings].map((value) => params.add(value))
  const until = event.resolvedAt === null ? 'true' : `d.at <= ${params.add(event.resolvedAt)}::timestamptz`
  const page = keyset(sorts, 'f.id', query, params)
  const { rows } = await db.query<{
    id: string
    name: string
    endpoint_id: string | null
    detections: number
    endpoints: number
    last_at: Date
    total: number
    keys: string[]
  }>(
    `with b as materialized (
       select d.threat, d.object, coalesce(l.endpoint_id, d.endpoint_id) as endpoint_id, d.at from detection d
         left join endpoint_alias l on l.partner_id = d.partner_id and l.merged_id = d.endpoint_id
       where d.product_id = ${product} and d.category = ${category} and d.at >= ${since}::timestamptz and ${until} order by d.at desc limit ${most}),
     g as (select ${names[query.by]} as key, count(*)::integer as detections, count(distinct b.endpoint_id)::integer as endpoints, max(b.at) as last_at from b group by 1),
     f as (select md5(g.key)::uuid as id, ${query.by === 'endpoint' ? `coalesce(e.name, '') as name, g.key::uuid as endpoint_id` : 'g.key as name, null::uuid as endpoint_id'}, g.detections, g.endpoints, g.last_at
           from g ${query.by === 'endpoint' ? 'left join endpoint e on e.id = g.key::uuid' : ''})
     select f.*, (select count(*)::integer from b) as total, ${page.keys} as keys from f where ${page.where} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((row) => ({
      id: row.id,
      name: row.name,
      endpointId: row.endpoint_id,
      detections: row.detections,
      endpoints: row.endpoints,
      lastAt: row.last_at.toISOString(),
    })),
    nextCursor: shown.nextCursor,
    isWhole: (rows[0]?.total ?? 0) < mostFindings,
  }
}

export const findingRoutes: Handler[] = [
  handle(eventsApi.listFindings, async ({ db }, { params, query }) => await list(db, await events.get(db, params.eventId), query)),

  handleStream(eventsApi.exportFindings, async (context, { params, query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = [query.by, 'detections', 'endpoint-count', 'last-found'].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, `event-${query.by}.csv`, head, async (db, cursor) => {
      const event = await events.get(db, params.eventId)
      const page = await list(db, event, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'event.exported',
          object: objectOf(event),
          customerId: event.customerId,
          after: query,
        })
      return { nextCursor: page.nextCursor, rows: page.rows.map((row) => [row.name, row.detections, row.endpoints, row.lastAt]) }
    })
  }),
]
