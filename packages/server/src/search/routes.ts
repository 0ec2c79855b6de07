import { findsWith, searchApi, searchKinds, type SearchHit, type SearchKind } from '@vigie/domain/search'
import { handle, type Actor, type Handler, type TenantDb } from '../platform/index.ts'
import { endpoints } from './endpoints.ts'
import { accounts, customers, products } from './estate.ts'
import { events } from './events.ts'
import { named } from './named.ts'
import { threats } from './threats.ts'
import { prepare, type Found, type PageOf, type Words } from './words.ts'

/** `none`: kinds of which nothing was found in the same search; those that are not for the asker, or were not asked, are not among them. */
const finders: Readonly<
  Record<SearchKind, (db: TenantDb, words: Words, page: PageOf, actor: Actor, none: ReadonlySet<SearchKind>) => Promise<Found<SearchHit>>>
> = {
  customer: customers,
  product: products,
  endpoint: endpoints,
  threat: threats,
  account: accounts,
  event: (db, words, page, actor, none) =>
    events(db, words, page, actor.locale, { hasNoPlace: words.all === 1 && none.has('customer') && none.has('product') }),
}

async function find(
  db: TenantDb,
  actor: Actor,
  kind: SearchKind,
  words: Words,
  page: PageOf,
  none = new Set<SearchKind>(),
): Promise<Found<SearchHit>> {
  if (!actor.permissions.has(findsWith[kind]) || words.all === 0) return { rows: [], nextCursor: null }
  const found = await finders[kind](db, words, page, actor, none)
  if (found.rows.length === 0) none.add(kind)
  return found
}

export const searchRoutes: Handler[] = [
  handle(searchApi.searchAll, async ({ db, actor }, { query: { q, limit, kinds = [...searchKinds] } }) => {
    const words = await prepare(db, q)
    const groups = []
    const none = new Set<SearchKind>()
    for (const kind of searchKinds.filter((one) => kinds.includes(one))) {
      const { rows, nextCursor } = await find(db, actor, kind, words, { limit }, none)
      if (rows.length > 0) groups.push({ kind, rows, isMore: nextCursor !== null })
    }
    return { groups }
  }),
  handle(
    searchApi.searchKind,
    async ({ db, actor }, { params: { kind }, query: { q, ...page } }) => await find(db, actor, kind, await prepare(db, q), page),
  ),
  handle(searchApi.nameThings, async ({ db, actor }, { query }) => ({ rows: await named(db, actor, query.of) })),
]
