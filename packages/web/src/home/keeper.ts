import type { Dashboard, DashboardTab } from '@vigie/domain/dashboard'
import type { Tabs } from './edit.ts'

interface Options {
  put(tabs: Tabs, version: number): Promise<Dashboard>
  /** What was kept is the present state now. */
  kept(dashboard: Dashboard): void
  /** It was not kept (another window was first, the line is gone): what was wanted is given up, and the server's state is shown again. */
  refused(error: unknown): void
}

/**
 * Changes show at once and are kept one after the other: what is changed while an answer is awaited goes with the next, so that a held key makes two requests and not twenty, and never
 * meets its own version.
 */
export function createKeeper({ put, kept, refused }: Options) {
  let wanted: DashboardTab[] | null = null
  let isRunning = false
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  async function run(from: Dashboard) {
    isRunning = true
    let { version } = from
    try {
      while (wanted !== null) {
        const sent: DashboardTab[] = wanted
        const dashboard = await put(sent, version)
        version = dashboard.version
        kept(dashboard)
        if (wanted === sent) wanted = null
      }
    } catch (error) {
      wanted = null
      refused(error)
    } finally {
      isRunning = false
      tell()
    }
  }
  return {
    /** Null: as the server has it. */
    wanted: () => wanted,
    /** @param from what the server last said */
    change(from: Dashboard, edit: (tabs: Tabs) => DashboardTab[]) {
      wanted = edit(wanted ?? from.tabs)
      tell()
      if (!isRunning) void run(from)
    },
    subscribe: (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener)),
  }
}
