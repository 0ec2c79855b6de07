import { keepPreviousData, QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import type { AnyRoute, ReplyOf } from '@vigie/domain/kernel'
import { useCallback, useRef, useState } from 'react'
import { api, type Input } from './api.ts'
import { useAddress, type Address } from './address.ts'
import { isRetryable } from './problems.ts'
import { together } from './together.ts'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < 2 && isRetryable(error),
    },
  },
})

export interface Asked<T> {
  queryKey: readonly [routeId: string, input: unknown]
  queryFn: (context: { signal: AbortSignal }) => Promise<T>
}
/** A query, or how the screen's address makes it. */
export type Asking<T> = Asked<T> | ((at: Address) => Asked<T>)

/** `query(getCustomer).with({ params })`, or `.at((at) => ({ params: { customerId: at.params.customerId! } }))` when it depends on the address. */
export function query<R extends AnyRoute>(route: R) {
  const ask = (input: Input<R>): Asked<ReplyOf<R>> => ({
    queryKey: [route.id, input],
    queryFn: ({ signal }) => api(route).call(input, { signal }),
  })
  return {
    with: ask,
    at: (input: (at: Address) => Input<R>) => (at: Address) => ask(input(at)),
    /**
     * A list: takes from the address what the route's query knows (`limit`, `cursor`, `sort`, `q`, its filters), and adds what the screen fixes.
     */
    list:
      (fixed: (at: Address) => Partial<Input<R>> = () => ({})) =>
      (at: Address) =>
        ask(listInput(route, at, fixed(at) as Partial<Input<AnyRoute>>) as Input<R>),
  }
}

function listInput(route: AnyRoute, at: Address, fixed: { params?: unknown; query?: object | undefined }) {
  const known = Object.keys((route.query as { shape?: Record<string, unknown> } | undefined)?.shape ?? {})
  const picked = Object.fromEntries(known.filter((key) => at.search[key]).map((key) => [key, at.search[key]]))
  return { ...fixed, query: { ...picked, ...fixed.query } }
}

const asked = <T>(asking: Asking<T>, at: Address): Asked<T> => (typeof asking === 'function' ? asking(at) : asking)

/** For `export const loader = load(query, ...)`: the router has the data brought before it draws the screen. */
export function load(...askings: Asking<unknown>[]) {
  return async (at: Address) => {
    await Promise.all(askings.map((asking) => queryClient.ensureQueryData({ ...asked(asking, at), revalidateIfStale: true })))
  }
}

export type Loaded<T> = T & {
  /** When we last got it (ms since 1970). */
  updatedAt: number
  /** What is shown is the last answer, the next one is on its way. */
  isRefreshing: boolean
}

/** What `load` brought. Suspends (skeleton) only where nothing was loaded before; a new filter keeps the old rows until the new ones are there. */
export function useLoaded<T extends object>(asking: Asking<T>): Loaded<T> {
  const at = useAddress()
  const options = asked(asking, at)
  const client = useQueryClient()
  const result = useQuery({ ...options, placeholderData: keepPreviousData })
  if (result.data === undefined) {
    if (result.error) throw result.error
    // Not `use()`: a component with two questions suspends at one, then at the other, and React takes the first one's absence for a broken hook (error #520).
    throw bring(client, options)
  }
  return { ...(result.data as T), updatedAt: result.dataUpdatedAt, isRefreshing: result.isPlaceholderData }
}

/** One promise a question while it is under way: a component that suspends forgets its refs, and must wait for the same promise again. */
const underWay = new Map<string, Promise<unknown>>()
function bring(client: QueryClient, options: Asked<unknown>): Promise<unknown> {
  return together(underWay, JSON.stringify(options.queryKey), () => client.ensureQueryData(options))
}

/**
 * For what a screen can do without for a moment (a count in the bar, a chooser's options).
 * @param asking null: do not ask (yet, or not allowed)
 */
export function useQuietly<T>(asking: Asked<T> | null): T | undefined {
  return useQuery(asking ?? { queryKey: ['none', null], queryFn: () => Promise.reject<T>(new Error('not asked')), enabled: false }).data
}

/**
 * A change: guarded against the double click, then everything shown is asked for again. Throws what the server answered, for the form or
 * `trouble()` toast to tell.
 */
export function useAction<R extends AnyRoute>(route: R) {
  const client = useQueryClient()
  const running = useRef(new Map<string, Promise<ReplyOf<R>>>())
  const [isRunning, setRunning] = useState(false)
  const run = useCallback(
    (input: Input<R>, options: { version?: number; intent?: string } = {}): Promise<ReplyOf<R>> => {
      const reply = together(running.current, JSON.stringify(input), async () => {
        const answer = await api(route).call(input, options)
        await client.invalidateQueries()
        return answer
      })
      setRunning(true)
      const look = () => setRunning(running.current.size > 0)
      reply.then(look, look)
      return reply
    },
    [client, route],
  )
  return { run, isRunning }
}
