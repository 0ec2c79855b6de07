import { findsWith, searchApi, searchKinds, type SearchHit, type SearchKind } from '@vigie/domain/search'
import { handle, type Actor, type Handler, type TenantDb } from '../platform/index.ts'
import { endpoints } from './endpoints.ts'
import { accounts, customers, products } from './estate.ts'
import { events } from './events.ts'
import { named } from './named.ts'
import { threats } from './threats.ts'
import { prepare, type Found, type PageOf, type Words } from './words.ts'

const finders: Readonly<Record<SearchKind, (db: TenantDb, words: Words, page: PageOf, actor: Actor) => Promise<Found<SearchHit>>>> = {
  customer: customers, product: products, endpoint: endpoints, threat: threats, account: accounts, event: (db, words, page, actor) => events(db, words, page, actor.locale),
}

async function find(db: TenantDb, actor: Actor, kind: SearchKind, words: Words, page: PageOf): Promise<Found<SearchHit>> {
  return actor.permissions.has(findsWith[kind]) && words.all > 0 ? await finders[kind](db, words, page, actor) : { rows: [], nextCursor: null }
}

export const searchRoutes: Handler[] = [
  handle(searchApi.searchAll, async ({ db, actor }, { query: { q, limit, kinds = [...searchKinds] } }) => {
    const words = await prepare(db, q)
    const groups = []
    for (const kind of searchKinds.filter((one) => kinds.includes(one))) {
      const { rows, nextCursor } = await find(db, actor, kind, words, { limit })
      if (rows.length > 0) groups.push({ kind, rows, isMore: nextCursor !== null })
    }
    return { groups }
  }),
  handle(searchApi.searchKind, async ({ db, actor }, { params: { kind }, query: { q, ...page } }) => await find(db, actor, kind, await prepare(db, q), page)),
  handle(searchApi.nameThings, async ({ db, actor }, { query }) => ({ rows: await named(db, actor, query.of) })),
]
