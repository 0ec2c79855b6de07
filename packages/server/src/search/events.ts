import { categories } from '@vigie/domain/categories'
import { silenceKinds } from '@vigie/domain/events'
import type { Locale } from '@vigie/domain/kernel'
import { folded, type HitOf } from '@vigie/domain/search'
import { sharedTexts } from '@vigie/domain/text'
import { restrictView } from '../consent/index.ts'
import { keyset, Params, sees, type Keyset, type TenantDb } from '../platform/index.ts'
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
  kind: 'event',
  id: row.id,
  category: row.category,
  condition: row.condition,
  figures: row.figures,
  severity: row.severity,
  state: row.state,
  lastRaisedAt: row.last_raised_at.toISOString(),
  customerId: row.customer_id,
  customerName: row.company,
  productName: row.description,
  threat: row.threat,
})

/** Categories whose name, in the asker's language, or own word has some of the words. */
function categoryBits(words: Words, locale: Locale): { ids: string[]; bits: number[] } {
  const met = categories
    .map(({ id }) => {
      const name = folded(`${sharedTexts[locale][`category.${id}`] ?? ''} ${id}`)
      return { id, bits: words.folded.reduce((sum, word, i) => sum + (name.includes(word) ? 2 ** i : 0), 0) }
    })
    .filter(({ bits }) => bits > 0)
  return { ids: met.map(({ id }) => id), bits: met.map(({ bits }) => bits) }
}

type EventRow = EventHitRow & { keys: string[] }

/** So many of the newest are looked through first: what many have soon fills a page. */
const looked = 300
/** Events of so many products are brought by them; of more, all that are open are read. */
const mostProducts = 500

/**
 * Open ones, by category, threat that is still there, product and customer; newest first. Plan: the newest few, each with its own product, customer and infections; only where they have no page of what is
 * sought customers and products of the business once, its open infections, and the open events of those that have any of the words (store.plan.test.ts). Never a resolved one nor a raw record. Whoever is
 * limited to a part is not asked of the newest, of which he may see few. `hasNoPlace`: it is known already that no customer and no product has the only word.
 */
export async function events(
  db: TenantDb,
  words: Words,
  page: PageOf,
  locale: Locale,
  { hasNoPlace = false } = {},
): Promise<Found<HitOf<'event'>>> {
  const category = categoryBits(words, locale)
  const consented = (await restrictView(db, 'view-detections', 'i.customer_id', {})) ?? 'true'
  const found = (read: typeof amongNewest) => {
    const params = new Params()
    const keys = keyset(newest, 'e.id', { ...page, sort: '-newest' }, params)
    const categories = `g as materialized (select * from unnest(${params.add(category.ids)}::text[], ${params.add(category.bits)}::integer[]) g (id, bits))`
    return { ...read({ words, params, keys, categories, consented, partnerId: db.tenant.partnerId, hasNoPlace }), params, keys }
  }
  const ask = async ({ ctes, params, keys }: ReturnType<typeof found>) => {
    const { rows } = await db.query<EventRow>(
      `with ${ctes} select e.*, c.company, p.description from f e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id join product p on p.partner_id = e.partner_id and p.id = e.product_id
       order by ${keys.orderBy}`,
      params.values,
    )
    return keys.page(rows)
  }
  const first = words.id === null && (await sees(db)) !== 'part' ? await ask(found(amongNewest)) : null
  const shown = first !== null && first.nextCursor !== null ? first : await ask(found(amongAll))
  return { rows: shown.rows.map(toEventHit), nextCursor: shown.nextCursor }
}

interface Sought {
  words: Words
  params: Params
  keys: Keyset
  /** CTE `g`. */
  categories: string
  /** Of infections `i`. */
  consented: string
  partnerId: string
  hasNoPlace: boolean
}

const shownColumns =
  'e.partner_id, e.id, e.category, e.condition, e.figures, e.severity, e.state, e.last_raised_at, e.customer_id, e.product_id'

/** Of each kind of silence and of none the newest, by their own indexes. One at a time to what belongs to it (`offset 0`): PostgreSQL would read all products for 300. */
function amongNewest({ words, params, keys, categories, consented, hasNoPlace }: Sought): { ctes: string } {
  const kinds = ['e.silence_id is null', ...silenceKinds.map((kind) => `e.silence_id is not null and e.silence_kind = ${params.add(kind)}`)]
  const places = hasNoPlace
    ? ''
    : `
         cross join lateral (select ${bitsOf('p.description_key', words, params)} as bits from product p where p.partner_id = e.partner_id and p.id = e.product_id offset 0) p
         cross join lateral (select ${bitsOf('c.search_key', words, params)} as bits from customer c where c.partner_id = e.partner_id and c.id = e.customer_id offset 0) c`
  const threats = `select bit_or(${bitsOf('i.threat_key', words, params)}) as bits, (array_agg(i.threat order by ${bitsOf('i.threat_key', words, params)} desc, i.threat))[1] as threat
    from infection i where i.partner_id = e.partner_id and i.product_id = e.product_id and i.category = e.category and i.closed_at is null and ${anyOf('i.threat_key', words, params)} and ${consented}`
  return {
    ctes: `${categories},
     n as materialized (
       select * from (${kinds.map((kind) => `(select ${shownColumns} from event e where e.state <> 'resolved' and ${kind} and ${keys.where} order by ${keys.orderBy} limit ${looked})`).join(' union all ')}) e
       order by ${keys.orderBy} limit ${looked}),
     f as materialized (
       select ${shownColumns}, t.threat, ${keys.keys} as keys from n e
         ${places} cross join lateral (${threats}) t left join g on g.id = e.category
       where (${hasNoPlace ? '' : 'p.bits | c.bits | '}coalesce(t.bits, 0) | coalesce(g.bits, 0)) = ${words.all} order by ${keys.orderBy} limit ${params.add(keys.limit)})`,
  }
}

/** Each product has bits of its own, by its customer and by threats: events of those that can have all words are read, where they are few, by them. Few columns of each, since they may be all that are open. */
function amongAll({ words, params, keys, categories, consented, partnerId, hasNoPlace }: Sought): { ctes: string } {
  const byId = orById(['e.id'], words, params)
  const places = hasNoPlace
    ? 'p as materialized (select null::uuid as id, 0 as bits limit 0)'
    : `${customersAs('c', words, params)},
     p as materialized (select p.id, ${bitsOf('p.description_key', words, params)} | coalesce(c.bits, 0) as bits from product p left join c on c.id = p.customer_id where c.id is not null or ${anyOf('p.description_key', words, params)})`
  const e = 'select e.id, e.product_id, e.category, e.last_raised_at from event e where'
  return {
    ctes: `${categories}, ${places},
     t as materialized (
       select product_id, category, bit_or(bits) as bits, (array_agg(threat order by bits desc, threat))[1] as threat
       from (select i.product_id, i.category, i.threat, ${bitsOf('i.threat_key', words, params)} as bits from infection i where i.closed_at is null and ${anyOf('i.threat_key', words, params)} and ${consented}) met group by 1, 2
     ), u as materialized (
       select id from (select id, bits from p union all select product_id, bits from t) one group by id having (bit_or(bits) | coalesce((select bit_or(bits) from g), 0)) = ${words.all}
     ), few as materialized (
       select case when (select count(*) from u) <= ${mostProducts} and not exists (select from g where bits = ${words.all}) then array(select id from u) end as products
     ), e as (
       ${e} (select products is not null from few) and e.state <> 'resolved' and e.product_id = any((select products from few)::uuid[])
       ${byId === '' ? '' : `union all ${e} (select products is not null from few) and e.state <> 'resolved' and (false${byId}) and e.product_id <> all((select products from few)::uuid[])`}
       union all
       ${e} (select products is null from few) and e.state <> 'resolved'
     ), o as materialized (
       select e.id, t.threat, ${keys.keys} as keys from e left join p on p.id = e.product_id left join t on t.product_id = e.product_id and t.category = e.category left join g on g.id = e.category
       where ${keys.where} and ((coalesce(p.bits, 0) | coalesce(t.bits, 0) | coalesce(g.bits, 0)) = ${words.all}${byId}) order by ${keys.orderBy} limit ${params.add(keys.limit)}
     ), f as materialized (select ${shownColumns}, o.threat, o.keys from o join event e on e.partner_id = ${params.add(partnerId)} and e.id = o.id)`,
  }
}
