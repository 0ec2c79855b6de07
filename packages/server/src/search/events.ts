import { categories } from '@vigie/domain/categories'
import type { Locale } from '@vigie/domain/kernel'
import { folded, type HitOf } from '@vigie/domain/search'
import { sharedTexts } from '@vigie/domain/text'
import { restrictView } from '../consent/index.ts'
import { keyset, Params, type TenantDb } from '../platform/index.ts'
import { anyOf, bitsOf, customersAs, orById, type Found, type PageOf, type Words } from './words.ts'

const newest = { newest: [{ sql: 'e.last_raised_at', type: 'timestamptz' }] } as const

export interface EventHitRow {
  id: string
  category: string
  condition: string
  figures: HitOf<'event'>['figures']
  severity: HitOf<'event'>['severity']
  state: HitOf<'event'>['state']
  last_raised_at: Date
  customer_id: string
  company: string
  description: string
  threat: string | null
}
export const toEventHit = (row: EventHitRow): HitOf<'event'> => ({
  kind: 'event', id: row.id, category: row.category, condition: row.condition, figures: row.figures, severity: row.severity, state: row.state, lastRaisedAt: row.last_raised_at.toISOString(),
  customerId: row.customer_id, customerName: row.company, productName: row.description, threat: row.threat,
})

/** Categories whose name, in the asker's language, or own word has some of the words. */
function categoryBits(words: Words, locale: Locale): { ids: string[]; bits: number[] } {
  const met = categories.map(({ id }) => {
    const name = folded(`${sharedTexts[locale][`category.${id}`] ?? ''} ${id}`)
    return { id, bits: words.folded.reduce((sum, word, i) => sum + (name.includes(word) ? 2 ** i : 0), 0) }
  }).filter(({ bits }) => bits > 0)
  return { ids: met.map(({ id }) => id), bits: met.map(({ bits }) => bits) }
}

/**
 * Open ones, by category, threat that is still there, product and customer; newest first. Plan: customers and products of the business once, its open infections, its open events: never a resolved one
 * nor a raw record.
 */
export async function events(db: TenantDb, words: Words, page: PageOf, locale: Locale): Promise<Found<HitOf<'event'>>> {
  const params = new Params()
  const category = categoryBits(words, locale)
  const consented = (await restrictView(db, 'view-detections', 'i.customer_id', {})) ?? 'true'
  const keys = keyset(newest, 'e.id', { ...page, sort: '-newest' }, params)
  const met = `(coalesce(p.bits, 0) | coalesce(t.bits, 0) | coalesce(g.bits, 0)) = ${words.all}`
  const { rows } = await db.query<EventHitRow & { keys: string[] }>(
    `with ${customersAs('c', words, params)},
     p as materialized (select p.id, ${bitsOf('p.description_key', words, params)} | coalesce(c.bits, 0) as bits from product p left join c on c.id = p.customer_id where c.id is not null or ${anyOf('p.description_key', words, params)}),
     t as materialized (
       select product_id, category, bit_or(bits) as bits, (array_agg(threat order by bits desc, threat))[1] as threat
       from (select i.product_id, i.category, i.threat, ${bitsOf('i.threat_key', words, params)} as bits from infection i where i.closed_at is null and ${anyOf('i.threat_key', words, params)} and ${consented}) met group by 1, 2
     ), g as materialized (select * from unnest(${params.add(category.ids)}::text[], ${params.add(category.bits)}::integer[]) g (id, bits)),
     f as materialized (
       select e.partner_id, e.id, e.category, e.condition, e.figures, e.severity, e.state, e.last_raised_at, e.customer_id, e.product_id, t.threat, ${keys.keys} as keys
       from event e left join p on p.id = e.product_id left join t on t.product_id = e.product_id and t.category = e.category left join g on g.id = e.category
       where e.state <> 'resolved' and ${keys.where} and ${
    words.id === null
      // asked first: where no event can have all words, none is read
      ? `(select coalesce((select bit_or(bits) from p), 0) | coalesce((select bit_or(bits) from t), 0) | coalesce((select bit_or(bits) from g), 0)) = ${words.all} and ${met}`
      : `(${met}${orById(['e.id'], words, params)})`}
       order by ${keys.orderBy} limit ${params.add(keys.limit)}
     )
     select e.*, c.company, p.description from f e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id join product p on p.partner_id = e.partner_id and p.id = e.product_id order by ${keys.orderBy}`, params.values)
  const shown = keys.page(rows)
  return { rows: shown.rows.map(toEventHit), nextCursor: shown.nextCursor }
}
