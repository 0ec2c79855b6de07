import { describe, expect, it } from 'vitest'
import { nextOf, rowsOf, type Shape } from './rows.ts'

const product = (id: string, groups: [string, number][], family = 'endpoint-hosted') =>
  ({
    product: { id, description: id, family },
    groups: groups.map(([name, endpointCount]) => ({ name, label: null, endpointCount })),
  }) as unknown as Shape['products'][number]
const endpoint = (id: string, productId: string, group: string) =>
  ({ id, productId, group }) as unknown as NonNullable<Shape['found']>[number]
const products = [
  product('A', [
    ['servers', 3],
    ['desktops', 0],
  ]),
  product('B', [], 'gateway'),
]
const closed: Shape = { products, isByFamily: false, isOpen: () => false, loaded: () => undefined, found: null }
const ids = (shape: Partial<Shape>) => rowsOf({ ...closed, ...shape }).map((row) => row.id)

describe('the lines of the network tree (PRD-3)', () => {
  it('closed, it is its products', () => expect(ids({})).toEqual(['A', 'B']))
  it('by family, families head their products', () =>
    expect(ids({ isByFamily: true })).toEqual(['family endpoint-hosted', 'A', 'family gateway', 'B']))
  it('an opened product shows all its groups, the empty ones too: something can be moved into them', () =>
    expect(ids({ isOpen: (id) => id === 'A' })).toEqual(['A', 'A/servers', 'A/desktops', 'B']))
  it('an opened group says that it is being brought, then how much more there is', () => {
    expect(ids({ isOpen: (id) => id !== 'B' })).toEqual(['A', 'A/servers', 'A/servers rest', 'A/desktops', 'B'])
    const loaded = () => ({ endpoints: [endpoint('e1', 'A', 'servers')], state: 'more' as const })
    expect(ids({ isOpen: (id) => id !== 'B', loaded })).toEqual(['A', 'A/servers', 'e1', 'A/servers rest', 'A/desktops', 'B'])
  })
  it('a search opens the paths of what it found, and only those groups', () => {
    expect(ids({ found: [endpoint('e9', 'A', 'servers')] })).toEqual(['A', 'A/servers', 'e9', 'B'])
  })
  it('an endpoint tells its place among all of its group, not among those that are here', () => {
    const rows = rowsOf({ ...closed, isOpen: () => true, loaded: () => ({ endpoints: [endpoint('e1', 'A', 'servers')], state: 'more' }) })
    expect(rows.find((row) => row.id === 'e1')).toMatchObject({ place: 1, size: 3, level: 3 })
  })
})

describe('keys of the tree (WAI-ARIA)', () => {
  const rows = rowsOf({ ...closed, isByFamily: true, isOpen: (id) => id !== 'B' }) // family, A, A/servers, rest, A/desktops, family, B
  it.each([
    ['ArrowDown', 1, 2],
    ['ArrowDown', 2, 4],
    ['ArrowDown', 4, 6],
    ['ArrowDown', 6, null],
    ['ArrowUp', 1, null],
    ['ArrowUp', 6, 4],
    ['Home', 4, 1],
    ['End', 1, 6],
    ['Parent', 4, 1],
    ['Parent', 1, null],
    ['PageDown', 1, 6],
    ['PageUp', 6, 1],
    ['x', 1, null],
  ] as const)('%s from line %i leads to %s', (key, from, to) => expect(nextOf(rows, from, key)).toBe(to))
})
