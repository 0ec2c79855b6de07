import { useQueries } from '@tanstack/react-query'
import { productsApi, type Endpoint } from '@vigie/domain/products'
import { useCallback, useMemo, useState } from 'react'
import { api } from '../../kit/index.ts'
import type { Loaded } from './rows.ts'

const pageSize = 200
/** One page of one group; the first has no cursor. */
interface Wanted {
  groupId: string
  productId: string
  group: string
  cursor: string
}
interface Page {
  rows: readonly Endpoint[]
  nextCursor: string | null
}

/**
 * The endpoints of opened groups, a page at a time. Pages out of sight keep what they have and are not asked for again by every change on the wire (EVT-8): of 20,000 endpoints the
 * two or three hundred in sight are.
 * @param inSight ids of endpoints that are drawn now
 */
export function useGroupPages(opened: readonly { groupId: string; productId: string; group: string }[], inSight: ReadonlySet<string>) {
  const [cursors, setCursors] = useState<ReadonlyMap<string, readonly string[]>>(new Map())
  const wanted: Wanted[] = opened.flatMap((one) => (cursors.get(one.groupId) ?? ['']).map((cursor) => ({ ...one, cursor })))
  const [known] = useState(() => new Map<string, Page>())
  const isNeeded = ({ groupId, cursor }: Wanted) => {
    const page = known.get(`${groupId} ${cursor}`)
    return page === undefined || page.rows.length === 0 || page.rows.some(({ id }) => inSight.has(id))
  }
  const results = useQueries({
    queries: wanted.map((one) => ({
      queryKey: [productsApi.listEndpoints.id, { tree: one }],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api(productsApi.listEndpoints).call(
          {
            query: {
              productId: one.productId,
              group: one.group,
              limit: pageSize,
              sort: 'name',
              ...(one.cursor === '' ? {} : { cursor: one.cursor }),
            },
          },
          { signal },
        ),
      enabled: isNeeded(one),
    })),
  })
  const failed = new Set<string>()
  for (const [n, one] of wanted.entries()) {
    const { data, error } = results[n]!
    if (data) known.set(`${one.groupId} ${one.cursor}`, data)
    else if (error) failed.add(one.groupId)
  }
  const version = results.map(({ dataUpdatedAt }) => dataUpdatedAt).join(' ')
  const loaded = useMemo(() => {
    const groups = new Map<string, Loaded>()
    for (const one of wanted) {
      const page = known.get(`${one.groupId} ${one.cursor}`)
      const present = groups.get(one.groupId)?.endpoints ?? []
      if (failed.has(one.groupId)) groups.set(one.groupId, { endpoints: present, state: 'failed' })
      else if (!page) groups.set(one.groupId, { endpoints: present, state: 'loading' })
      else groups.set(one.groupId, { endpoints: [...present, ...page.rows], state: page.nextCursor === null ? 'whole' : 'more' })
    }
    return groups
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `version` stands for the answers
  }, [version, cursors, opened.map(({ groupId }) => groupId).join(' '), failed.size])

  /** Brings the page after the last one that is here. Twice is once. */
  const more = useCallback(
    (groupId: string) => {
      setCursors((present) => {
        const own = present.get(groupId) ?? ['']
        const next = known.get(`${groupId} ${own.at(-1)!}`)?.nextCursor
        return next == null || own.includes(next) ? present : new Map([...present, [groupId, [...own, next]]])
      })
    },
    [known],
  )
  const retry = () => results.forEach((result) => result.error && void result.refetch())
  return { loaded, more, retry }
}
