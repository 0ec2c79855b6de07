import { describe, expect, it } from 'vitest'
import { orderOf } from './order.ts'

describe('in which order events stand unless somebody says another (EVT-4)', () => {
  it.each<[string, string | undefined, string]>([
    ['what is open, as the list begins', undefined, '-severity'],
    ['those that nobody mends yet', 'unresolved', '-severity'],
    ['all that is open, chosen one by one', 'unresolved,pending', '-severity'],
    ['past ones only', 'resolved', '-openedAt'],
    ['past ones among others', 'unresolved,pending,resolved', '-openedAt'],
  ])('%s', (_, state, order) => expect(orderOf({ search: state === undefined ? {} : { state } })).toBe(order))
})
