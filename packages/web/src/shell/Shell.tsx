import { Outlet, useLocation, useRouter, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState, type ComponentProps, type ReactNode } from 'react'
import { useActor } from '../kit/actor.ts'
import { bringPart } from '../kit/anew.ts'
import { Confirmations } from '../kit/confirm.tsx'
import { ErrorBoundary } from '../kit/ErrorBoundary.tsx'
import { lazily } from '../kit/lazily.ts'
import { followLive } from '../kit/live.ts'
import { queryClient } from '../kit/query.ts'
import { useChangeLanguage, useText } from '../kit/text.tsx'
import { Toasts } from '../kit/toast.tsx'
import { Rail } from './Rail.tsx'
import { loadRest } from '../text/load.ts'
import css from './Shell.module.css'
import { TopBar } from './TopBar.tsx'
import { useShortcuts } from './useShortcuts.ts'

/** It speaks of what the first screens do not. */
const loadPalette = () =>
  Promise.all([import('./Palette.tsx'), loadRest()]).then(([module]) => {
    readyPalette = module.default
    return module
  })
const LazyPalette = lazy(() => bringPart(loadPalette))
/** Once it is here: a lazy one shows its fallback for a third of a second the first time, whatever it waits for. */
let readyPalette: typeof LazyPalette | ((props: ComponentProps<typeof LazyPalette>) => ReactNode) = LazyPalette
const Shortcuts = lazily(() => Promise.all([import('./Shortcuts.tsx'), loadRest()]).then(([module]) => module), 'default')
const AlertBanner = lazy(() => import('../outbreak/Banner.tsx'))
const OrderWatch = lazy(() => import('../orders/Watch.tsx'))

/** Frame of every screen behind sign-in: rail, bar, what lies over them, and the live line to the server. */
export function Shell() {
  const say = useText()
  const actor = useActor()
  const { account } = actor
  const change = useChangeLanguage()
  const router = useRouter()
  const isLoading = useRouterState({ select: (state) => state.isLoading })
  const [isPainted, setPainted] = useState(false)
  const [over, setOver] = useState<'palette' | 'shortcuts' | 'rail' | null>(null)
  const { pathname, search } = useLocation()
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)
  const early = useRef('')
  // as it was when it was opened: another component in its place would forget what was typed
  const Palette = useMemo(() => readyPalette, [over]) // oxlint-disable-line react-hooks/exhaustive-deps -- read anew at each opening

  // The account's language and zone win over what this browser had.
  useEffect(() => void change(account.locale, account.timeZone), [change, account.locale, account.timeZone])
  useEffect(() => followLive(queryClient), [])
  // Once the first screen is painted, what lies around it, then what the next ones need: earlier they would take its place on the line.
  useEffect(() => {
    if (isLoading) return
    const timers = [setTimeout(() => setPainted(true), 100), setTimeout(() => void loadPalette().catch(() => {}), 1500)]
    return () => timers.forEach(clearTimeout)
  }, [isLoading])
  useEffect(() => {
    if (before.current === pathname) return
    before.current = pathname
    setOver(null)
  }, [pathname])
  // Who moves by keyboard or listens starts at the new screen's title: once that is drawn, for the address changes before.
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, toLocation }) => {
        if (fromLocation && fromLocation.pathname !== toLocation.pathname)
          main.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
      }),
    [router],
  )
  // What one opens, the palette offers again; ids stand only in addresses of such.
  useEffect(() => {
    const href = pathname + Object.values(search).join()
    if (/[0-9a-f]{8}-/.test(href))
      void import('../search/recent.ts').then(({ refOf, remember }) => {
        const ref = refOf(pathname, search)
        if (ref) remember(account.id, ref)
      })
  }, [pathname, search, account.id])
  useShortcuts({ palette: () => setOver('palette'), help: () => setOver('shortcuts') })

  // the session says whether there will be one: its words come later, and push nothing down. As it was with the first paint: what it says anew since would
  const [alertLevel] = useState(actor.alertLevel)
  const alertPlace = alertLevel && <div data-alert={alertLevel} />

  return (
    <div className={css.frame} data-rail={over === 'rail' ? 'open' : undefined}>
      <a href="#main" className={css.skip}>
        {say('shell.skip')}
      </a>
      <Rail isOpen={over === 'rail'} onClose={() => setOver(null)} />
      <TopBar
        onMenu={() => setOver(over === 'rail' ? null : 'rail')}
        onSearch={() => setOver('palette')}
        onShortcuts={() => setOver('shortcuts')}
        isRailOpen={over === 'rail'}
      />
      <main id="main" ref={main} className={css.main} tabIndex={-1}>
        <ErrorBoundary>
          <Suspense fallback={alertPlace}>{isPainted ? <AlertBanner place={alertPlace} /> : alertPlace}</Suspense>
        </ErrorBoundary>
        <ErrorBoundary key={pathname}>
          <Outlet />
        </ErrorBoundary>
        <div id="over" />
      </main>
      {over === 'palette' && (
        <Suspense fallback={<EarlyKeys into={early} onEscape={() => setOver(null)} />}>
          <Palette early={early} onClose={() => setOver(null)} />
        </Suspense>
      )}
      {over === 'shortcuts' && (
        <Suspense>
          <Shortcuts onClose={() => setOver(null)} />
        </Suspense>
      )}
      <Confirmations />
      <Toasts />
      {isPainted && (
        <ErrorBoundary>
          <Suspense>
            <OrderWatch />
          </Suspense>
        </ErrorBoundary>
      )}
    </div>
  )
}

/** What one types before the palette is there is meant for it, and for no shortcut of the screen behind. */
function EarlyKeys({ into, onEscape }: { into: { current: string }; onEscape(): void }) {
  useLayoutEffect(() => {
    into.current = ''
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === 'Escape') onEscape()
      else if (event.key === 'Backspace') into.current = into.current.slice(0, -1)
      else if (event.key.length === 1) into.current += event.key
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', onKey, true)
    return () => window.removeEventListener('keydown', onKey, true)
  }, [into, onEscape])
  return null
}
