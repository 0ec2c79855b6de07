import { categoryById } from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'
import { earlier, type Changed, type Standing } from './plan.ts'
import type { AssessedProduct } from './store.ts'
import type { Heard } from './telling.ts'

/** An event goes on by a mail at most so often, whatever a machine does to itself meanwhile (R16). */
const tellAgainAfterMs = 600_000

type Named = { category: string; condition: string }
const factOf = ({ category, condition }: Named): string | undefined => {
  const found = categoryById.get(category)
  const rule = found?.conditions[condition]
  return rule && found.facts[rule.concerns]?.of
}
/** Its subject are infections, each of which is a file that people can name. */
export const isOfInfections = (event: Named): boolean => ['infections', 'infected-endpoints'].includes(factOf(event) ?? '')
/** The infections that a virus alert in force names: some or all of those of the same product. */
export const isOfAlertInfections = (event: Named): boolean => factOf(event) === 'alert-infections'

/**
 * Of events that were over for a moment and go on, those with an infection that none of their mails can have meant: of a file that was not infected before in this event. That is no flapping (EVT-9), and
 * whoever saw the event end went back to sleep. The same file again is flapping. An hour's grace, for the closing has its time from the agent's clock (R23). Plan: index infection_open_product, then
 * infection_endpoint.
 */
export async function withNews(db: TenantDb, changed: readonly Changed[]): Promise<Set<string>> {
  const ids = changed
    .filter(
      ({ event, step }) =>
        step === 'reopened' && event.state === 'resolved' && event.severity === 'action-required' && isOfInfections(event),
    )
    .map(({ event }) => event.id)
  if (ids.length === 0) return new Set()
  const { rows } = await db.query<{ id: string }>(
    `select e.id from event e where e.id = any($1) and exists (
       select from infection i where i.product_id = e.product_id and i.category = e.category and i.closed_at is null and not exists (
         select from infection b where b.endpoint_id = i.endpoint_id and b.category = i.category and b.object_hash = i.object_hash and b.closed_at > e.opened_at - interval '1 hour'))`,
    [ids],
  )
  return new Set(rows.map(({ id }) => id))
}

/**
 * Open events that are heard and hold news: those that are told now, and when the others are, for people had their last mail a moment ago. What is over by then is told to nobody; what goes on later still
 * has its news. @param news ids of those that got some just now
 */
export function newsOf(
  products: readonly AssessedProduct[],
  standing: readonly Standing[],
  changed: readonly Changed[],
  news: ReadonlySet<string>,
  hushed: ReadonlySet<string>,
  now: Date,
): { heard: Heard[]; laterOf: Map<string, Date> } {
  const changeOf = new Map(changed.map((change) => [change.event.id, change]))
  const heard: Heard[] = []
  const laterOf = new Map<string, Date>()
  for (const event of standing) {
    const { state, figures } = changeOf.get(event.id) ?? event
    const product = products.find(({ id }) => id === event.productId)
    if (!(event.hasNews || news.has(event.id)) || state === 'resolved' || event.silenceId !== null || hushed.has(event.id) || !product)
      continue
    const at = event.toldAt === null ? now : new Date(event.toldAt.getTime() + tellAgainAfterMs)
    if (at > now) laterOf.set(product.id, earlier(laterOf.get(product.id) ?? null, at)!)
    else {
      const { id, productId, category, condition } = event
      heard.push({
        id,
        productId,
        category,
        condition,
        figures,
        customerId: product.customerId,
        company: product.company,
        description: product.description,
        occasion: `again:${now.toISOString()}`,
        ownerId: null,
      })
    }
  }
  return { heard, laterOf }
}

/** What the next mail of these has to tell, which may have to wait. */
export async function writeNews(db: TenantDb, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db.query('update event set has_news = true where id = any($1)', [ids])
}

/** Of products with an infection of this category, those all of whose infections a virus alert in force names: whoever hears of these has heard of all. Plan: index infection_open_product. */
export async function allNamedByAlerts(
  db: TenantDb,
  of: readonly { productId: string; category: string }[],
  now: Date,
): Promise<Set<string>> {
  const { rows } = await db.query<{ product_id: string; category: string }>(
    `select w.product_id, w.category from unnest($1::uuid[], $2::text[]) as w (product_id, category) where not exists (
       select from infection i where i.product_id = w.product_id and i.category = w.category and i.closed_at is null and not exists (
         select from virus_alert a where a.starts_at <= $3 and a.ends_at > $3 and a.withdrawn_at is null and vigie.names_threat(i.threat, a.threats)))`,
    [of.map(({ productId }) => productId), of.map(({ category }) => category), now],
  )
  return new Set(rows.map(({ product_id, category }) => `${product_id} ${category}`))
}
