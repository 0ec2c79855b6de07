import type * as z from 'zod'
import type { eventsApi } from '@vigie/domain/events'

export type Setting = z.infer<typeof eventsApi.IndexSetting>

/** Of a customer, of a tag's customers, or neither: the business's. */
export interface Whose {
  customerId?: string
  tag?: string
}

/** As the server orders them: categories in their first appearance. */
export function byCategory(rows: readonly Setting[]): [string, Setting[]][] {
  const groups = new Map<string, Setting[]>()
  for (const row of rows) groups.set(row.category, [...(groups.get(row.category) ?? []), row])
  return [...groups]
}

/** Whether the value was set at this very level, so that it can go back to what is inherited. */
export const isOwn = (setting: Setting, { customerId, tag }: Whose): boolean =>
  setting.from === (customerId ? 'customer' : tag ? 'tag' : 'business')
