import { useLocation, useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent, Ref } from 'react'
import { parseSearch, resolveHref } from './address.ts'

/** Something inside the console: an address of `paths`, or `?key=value` to change only that of the present one. A real link: new tab, copy, middle click. */
export function Link({
  to,
  onClick,
  replace = false,
  ...rest
}: { to: string; replace?: boolean; ref?: Ref<HTMLAnchorElement> } & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'>) {
  const router = useRouter()
  const location = useLocation()
  const href = resolveHref(to, location)
  const preload = () => {
    const url = new URL(href, window.location.origin)
    if (url.pathname !== location.pathname) void router.preloadRoute({ to: url.pathname, search: parseSearch(url.search) }).catch(() => {})
  }
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    void router.navigate({ href, replace })
  }
  return <a {...rest} href={href} onClick={follow} onPointerEnter={preload} onFocus={preload} />
}
