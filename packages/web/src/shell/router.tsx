import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, type AnyRoute } from '@tanstack/react-router'
import { Problem } from '@vigie/domain/kernel'
import { parseSearch, stringifySearch } from '../kit/address.ts'
import { meQuery } from '../kit/actor.ts'
import { whenSessionEnds } from '../kit/api.ts'
import { paths } from '../kit/paths.ts'
import { queryClient } from '../kit/query.ts'
import type { Screen } from '../kit/screen.ts'
import { PageSkeleton } from '../kit/Skeleton.tsx'
import { loadMore, loadRest } from '../text/load.ts'
import { FirstPaint, NotFoundPage, TroublePage } from './fallbacks.tsx'
import { screens } from './screens.ts'
import { Shell } from './Shell.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage, pendingComponent: FirstPaint })

/** Whatever is in the shell needs a full session; who has none goes to the page that makes it whole, and comes back after. */
const shell = createRoute({
  id: 'shell',
  getParentRoute: () => root,
  beforeLoad: async ({ location }) => {
    try {
      const me = await queryClient.ensureQueryData({ ...meQuery, retry: false })
      if (me.state !== 'full') throw redirect({ href: whereTo(`session.${me.state}`, location.href) })
    } catch (error) {
      if (error instanceof Problem && error.kind.status === 401) throw redirect({ href: whereTo(error.code, location.href) })
      throw error
    }
  },
  component: Shell,
  pendingComponent: FirstPaint,
  errorComponent: TroublePage,
})

const home = createRoute({
  path: '/',
  getParentRoute: () => root,
  beforeLoad: () => {
    throw redirect({ href: paths.home() })
  },
})

/** What nobody lists: told inside the shell to whoever is signed in; others sign in first and learn nothing. */
const nowhere = createRoute({ path: '$', getParentRoute: () => shell, component: NotFoundPage })

function whereTo(code: string, from: string): string {
  const wanted = from === '/' || from.startsWith('/sign-in') ? {} : { return: from }
  if (code === 'session.mfa-needed') return paths.secondFactor(wanted)
  if (code === 'session.mfa-enrolment-needed') return paths.enrol(wanted)
  return paths.signIn(wanted)
}

function routeOf(screen: Screen): AnyRoute {
  return createRoute({
    path: screen.path.replaceAll(/:([a-zA-Z]+)/g, '$$$1'),
    getParentRoute: () => (screen.isPublic ? root : shell),
    loader: async ({ params, location }) => {
      const [{ loader }] = await Promise.all([
        screen.load(),
        screen.isPublic || screen.isFirst ? null : screen.isExplaining ? loadRest() : loadMore(),
      ])
      await loader?.({ params: params as Record<string, string>, search: location.search as Record<string, string> })
    },
    component: lazyRouteComponent(screen.load),
    remountDeps: ({ params }) => params,
    pendingComponent: PageSkeleton,
    errorComponent: TroublePage,
  }) as unknown as AnyRoute
}

export function createConsole() {
  const inShell = screens.filter((screen) => !screen.isPublic).map(routeOf)
  const outside = screens.filter((screen) => screen.isPublic).map(routeOf)
  const router = createRouter({
    routeTree: root.addChildren([home, shell.addChildren([...inShell, nowhere]), ...outside]),
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingMs: 150,
    defaultPendingMinMs: 0,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  })
  whenSessionEnds((code) => {
    queryClient.removeQueries({ queryKey: meQuery.queryKey })
    const { pathname, href } = router.state.location
    if (pathname.startsWith('/sign-in')) return
    void router.navigate({ href: whereTo(code, href) })
  })
  return router
}
