import { antivirus } from './antivirus.ts'
import { componentUpdate } from './component-update.ts'
import type { Category } from './define.ts'

export { assess, defineCategory, fact, indexesInForce, type Category, type Condition, type Fact, type Index, type Verdict } from './define.ts'
export { antivirus, componentUpdate }

export const categories: readonly Category[] = [antivirus, componentUpdate] as unknown as readonly Category[]
export const categoryById: ReadonlyMap<string, Category> = new Map(categories.map((category) => [category.id, category]))
