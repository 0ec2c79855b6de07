import * as z from 'zod'
import { anyOf, defineRoute, listReply, oneOrMore, pageSizes } from '../kernel/index.ts'
import { mostNamed, Ref, SearchHit, SearchKind, searchKinds } from './shapes.ts'

const q = z.string().trim().min(1).max(200)

/**
 * The first few of each kind. Each word of `q` must stand in the thing or in the name of whose it is, anywhere, without regard to case, accents and width; an id, a GUID or an IP address as it is
 * written, also its beginning. Kinds the asker may not read are left out; a kind of which nothing is found has no group. `isMore`: there are others, see `search.list`.
 */
export const searchAll = defineRoute({
  id: 'search.all',
  method: 'GET',
  path: '/v1/search',
  permission: 'signed-in',
  query: z.strictObject({ q, limit: z.coerce.number().int().min(1).max(10).default(5), kinds: oneOrMore(searchKinds).optional() }),
  reply: z.object({ groups: z.array(z.object({ kind: SearchKind, rows: z.array(SearchHit), isMore: z.boolean() })) }),
  problems: [],
})
/** All of one kind, page by page. */
export const searchKind = defineRoute({
  id: 'search.list',
  method: 'GET',
  path: '/v1/search/:kind',
  permission: 'signed-in',
  params: z.strictObject({ kind: SearchKind }),
  query: z.strictObject({
    q,
    limit: z.coerce.number().int().min(1).max(pageSizes.max).default(pageSizes.default),
    cursor: z.string().max(1024).optional(),
  }),
  reply: listReply(SearchHit),
  problems: [],
})
/** Those of them that are there for the asker, in the order asked: a console keeps ids of what was opened last, and no names. */
export const nameThings = defineRoute({
  id: 'search.named',
  method: 'GET',
  path: '/v1/names',
  permission: 'signed-in',
  query: z.strictObject({ of: anyOf(Ref, mostNamed) }),
  reply: z.object({ rows: z.array(SearchHit) }),
  problems: [],
})
