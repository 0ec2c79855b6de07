import type * as z from 'zod'
import type { eventsApi } from '@vigie/domain/events'

export type Setting = z.infer<typeof eventsApi.IndexSetting>

/** As the server orders them: categories in their first appearance. */
export function byCategory(rows: readonly Setting[]): [string, Setting[]][] {
  const groups = new Map<string, Setting[]>()
  for (const row of rows) groups.set(row.category, [...(groups.get(row.category) ?? []), row])
  return [...groups]
}

/** Whether the value was set at this very level, so that it can go back to what is inherited. */
export const isOwn = (setting: Setting, customerId: string | null): boolean => setting.from === (customerId === null ? 'business' : 'customer')
