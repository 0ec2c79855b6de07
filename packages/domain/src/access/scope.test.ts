import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInScope, mayGrantScope, type Scope, type ScopeLine } from './scope.ts'

const now = new Date('2026-11-20T12:00:00Z')
const [A, B] = ['00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-00000000000b']
const allow = (target: ScopeLine['target'], endsAt: string | null = null): ScopeLine => ({ effect: 'allow', target, endsAt })
const deny = (target: ScopeLine['target'], endsAt: string | null = null): ScopeLine => ({ effect: 'deny', target, endsAt })
const all = { kind: 'all' } as const
const only = (customerId: string) => ({ kind: 'customer', customerId }) as const
const tag = (name: string) => ({ kind: 'tag', tag: name }) as const
const customers = [
  { id: A, tags: ['gold'] },
  { id: B, tags: [] },
]

describe('giving a scope (R5, ACC-14)', () => {
  it.each<[string, Scope, Scope, boolean]>([
    ['without limits one may give anything', null, null, true],
    ['limited, one gives no unlimited scope', [allow(all)], null, false],
    ['all to all', [allow(all)], [allow(all)], true],
    ['an exception must be handed on', [allow(all), deny(only(B))], [allow(all)], false],
    ['with its exception', [allow(all), deny(only(B))], [allow(all), deny(only(B))], true],
    ['an exception that ends earlier is none', [allow(all), deny(only(B))], [allow(all), deny(only(B), '2026-12-01T00:00:00Z')], false],
    ['a customer of the own tag', [allow(tag('gold'))], [allow(only(A))], true],
    ['a customer not seen', [allow(tag('gold'))], [allow(only(B))], false],
    ['another tag', [allow(tag('gold'))], [allow(tag('silver'))], false],
    ['longer than oneself has it', [allow(only(A), '2026-12-01T00:00:00Z')], [allow(only(A))], false],
    ['as long as oneself has it', [allow(only(A), '2026-12-01T00:00:00Z')], [allow(only(A), '2026-12-01T00:00:00Z')], true],
    ['after the own line ended', [allow(all, '2026-01-01T00:00:00Z')], [allow(only(A))], false],
    ['nothing', [allow(only(A))], [], true],
  ])('%s: %#', (_, own, granted, may) => {
    expect(mayGrantScope(own, granted, customers, now)).toBe(may)
  })

  it('what may be given never shows more than the giver sees, to any customer at any later time', () => {
    const instant = fc.constantFrom(null, '2026-11-19T00:00:00Z', '2026-11-21T00:00:00Z', '2026-11-25T00:00:00Z')
    const target = fc.constantFrom<ScopeLine['target']>(all, only(A), only(B), tag('gold'), tag('silver'))
    const lines = fc.array(fc.record({ effect: fc.constantFrom('allow' as const, 'deny' as const), target, endsAt: instant }), {
      maxLength: 4,
    })
    const tags = fc.subarray(['gold', 'silver'])
    let given = 0
    fc.assert(
      fc.property(lines, lines, tags, tags, tags, (own, granted, tagsOfA, tagsOfB, tagsOfLater) => {
        const known = [
          { id: A, tags: tagsOfA },
          { id: B, tags: tagsOfB },
        ]
        if (!mayGrantScope(own, granted, known, now)) return
        given++
        const later = { id: '00000000-0000-7000-8000-00000000000c', tags: tagsOfLater }
        for (const at of [now, new Date('2026-11-20T13:00:00Z'), new Date('2026-11-22T00:00:00Z'), new Date('2027-01-01T00:00:00Z')]) {
          for (const customer of [...known, later]) {
            if (isInScope(granted, customer, at)) expect(isInScope(own, customer, at)).toBe(true)
          }
        }
      }),
      { numRuns: 20_000 },
    )
    expect(given).toBeGreaterThan(500)
  })
})
