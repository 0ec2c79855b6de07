import type { Permission } from '@vigie/domain/access'
import type { AnyRoute } from '@vigie/domain/kernel'
import type { Address } from './address.ts'
import { meQuery } from './actor.ts'
import { api, type Input } from './api.ts'
import { load, queryClient, type Asked } from './query.ts'

type Search = Record<string, string>
type Asking = Asked<unknown> | ((at: Address) => Asked<unknown>)

/** The list's order where the address names none: `fixed` of `query(route).list(sortedBy('-lastRaisedAt'))`. */
export const sortedBy =
  (sort: string, fixed: Search = {}) =>
  (at: Address) =>
    ({ query: { sort: at.search['sort'] ?? sort, ...fixed } }) as never

/** Address of the CSV with exactly the rows that a list asks for: its filters and order, without its pages. */
export function csvOf<R extends AnyRoute>(route: R, list: Asked<unknown>): string {
  const { query = {}, ...rest } = list.queryKey[1] as { query?: Search }
  const { cursor: _cursor, limit: _limit, ...kept } = query
  return api(route).href({ ...rest, query: kept } as Input<R>)
}

/** Like `load`, but asks only for what the person may see (ACC-2): a refused part must not take the screen with it. */
export function loadAllowed(...parts: [needs: Permission | null, asking: Asking][]) {
  return async (at: Address) => {
    const me = await queryClient.ensureQueryData(meQuery)
    const allowed = parts.filter(([needs]) => needs === null || me.permissions.includes(needs))
    await load(...allowed.map(([, asking]) => asking))(at)
  }
}
