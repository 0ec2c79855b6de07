import { agentAbnormal } from './agent-abnormal.ts'
import { agentOffline } from './agent-offline.ts'
import { antivirus } from './antivirus.ts'
import { componentUpdate } from './component-update.ts'
import { dataFreshness } from './data-freshness.ts'
import type { Category } from './define.ts'
import type { CategoryGroup } from './groups.ts'
import { managedServer } from './managed-server.ts'

export { assess, defineCategory, fact, indexesInForce, type Category, type Condition, type Fact, type Index, type Verdict } from './define.ts'
export { categoryGroups, type CategoryGroup } from './groups.ts'
export { agentAbnormal, agentOffline, antivirus, componentUpdate, dataFreshness, managedServer }

export const categories: readonly Category[] = [antivirus, componentUpdate, managedServer, agentAbnormal, agentOffline, dataFreshness] as unknown as readonly Category[]
export const categoryById: ReadonlyMap<string, Category> = new Map(categories.map((category) => [category.id, category]))

export const categoriesOfGroup = (group: CategoryGroup): string[] => categories.filter((category) => category.group === group).map(({ id }) => id)
