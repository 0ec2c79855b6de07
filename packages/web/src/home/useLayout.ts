import { dashboardApi, type Dashboard, type DashboardTab } from '@vigie/domain/dashboard'
import { useMemo, useSyncExternalStore } from 'react'
import { api, query, queryClient, trouble, useLoaded } from '../kit/index.ts'
import type { Tabs } from './edit.ts'
import { createKeeper } from './keeper.ts'

export const layout = query(dashboardApi.getDashboard).with({})

/** One's own tabs, and how to change them: shown at once, kept after. */
export function useLayout() {
  const { updatedAt: _updatedAt, isRefreshing: _isRefreshing, ...server } = useLoaded(layout)
  const keeper = useMemo(
    () =>
      createKeeper({
        put: (tabs, version) => api(dashboardApi.putDashboard).call({ body: { tabs: [...tabs] } }, { version }),
        kept: (dashboard) => queryClient.setQueryData(layout.queryKey, dashboard),
        refused: (error) => {
          trouble(error)
          void queryClient.invalidateQueries({ queryKey: layout.queryKey })
        },
      }),
    [],
  )
  const wanted = useSyncExternalStore(keeper.subscribe, keeper.wanted)
  return {
    tabs: wanted ?? server.tabs,
    isDefault: wanted === null && server.isDefault,
    version: server.version,
    /** From what the server last said by then: an undo comes seconds after what it takes back. */
    change: (edit: (tabs: Tabs) => DashboardTab[]) => keeper.change(queryClient.getQueryData<Dashboard>(layout.queryKey) ?? server, edit),
  }
}
export type KeptLayout = ReturnType<typeof useLayout>
