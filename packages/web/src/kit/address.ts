import { useParams, useRouter, useRouterState, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'

/** Where the person is. Everything one may send to a colleague is in here: filters, tab, page, opened row. All values are plain text. */
export interface Address {
  params: Readonly<Record<string, string>>
  search: Readonly<Record<string, string>>
}

export function useAddress(): Address {
  const params = useParams({ strict: false }) as Record<string, string>
  const search = useSearch({ strict: false }) as Record<string, string>
  return useMemo(() => ({ params, search }), [params, search])
}

/** Of the screen that is drawn: the address itself changes before. */
export const useScreenPath = (): string | undefined => useRouterState({ select: ({ matches }) => matches.at(-1)?.pathname })

/** `go(paths.customer({ customerId }))`; `'?tab=agents'` changes only that part of the present address (an empty value removes it). */
export function useGo() {
  const router = useRouter()
  return useCallback(
    (href: string, options: { replace?: boolean } = {}) =>
      router.navigate({ href: resolveHref(href, router.state.location), replace: options.replace ?? false }),
    [router],
  )
}

/** Patches the present search when `href` begins with `?`. */
export function resolveHref(href: string, present: { pathname: string; search: unknown }): string {
  if (!href.startsWith('?')) return href
  const search = new URLSearchParams(present.search as Record<string, string>)
  for (const [key, value] of new URLSearchParams(href)) {
    if (value === '') search.delete(key)
    else search.set(key, value)
  }
  return `${present.pathname}${search.size > 0 ? `?${search}` : ''}`
}

/** Plain text both ways: no JSON in addresses, so that a link is readable and a GUID stays a GUID. */
export const parseSearch = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))
export function stringifySearch(search: Record<string, unknown>): string {
  const out = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) if (value !== undefined && value !== null && value !== '') out.set(key, String(value))
  return out.size > 0 ? `?${out}` : ''
}
