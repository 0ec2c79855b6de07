import type { DashboardTab } from '@vigie/domain/dashboard'
import type { Speaker } from '../kit/text.tsx'

export const tabName = (say: Speaker, tab: Pick<DashboardTab, 'id' | 'name'>): string => tab.name ?? say(`dashboard.preset.${tab.id}`)
/** Short, and free among all tabs and widgets there ever are. */
export const newPartId = (): string => crypto.randomUUID()
