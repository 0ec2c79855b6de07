import { describe, expect, it } from 'vitest'
import { keyset, likePattern, Params } from './keyset.ts'
import { encodeCursor } from './pages.ts'

const sorts = {
  name: [{ sql: 'c.name', type: 'text' }],
  seen: [{ sql: 'c.seen', type: 'timestamptz' }],
  count: [{ sql: 'c.count', type: 'integer' }],
} as const
const id = '0199d5a0-0000-7000-8000-000000000001'
const at = (sort: string, values: (string | number | null)[]) =>
  keyset(sorts, 'c.id', { sort, limit: 2, cursor: encodeCursor(values) }, new Params())

describe('pages by key (CUS-2)', () => {
  it('asks for one row more than it shows, and goes on after the last shown', () => {
    const page = keyset(sorts, 'c.id', { sort: '-name', limit: 2 }, new Params())
    expect([page.where, page.orderBy, page.limit]).toEqual(['true', 'c.name desc, c.id desc', 3])
    const { rows, nextCursor } = page.page([{ keys: ['c', id] }, { keys: ['b', id] }, { keys: ['a', id] }])
    expect(rows).toHaveLength(2)
    const params = new Params()
    const next = keyset(sorts, 'c.id', { sort: '-name', limit: 2, cursor: nextCursor! }, params)
    expect(next.where).toBe('(c.name, c.id) < ($1::text, $2::uuid)')
    expect(params.values).toEqual(['b', id])
  })

  it('a full last page has no next', () => {
    expect(keyset(sorts, 'c.id', { sort: 'name', limit: 2 }, new Params()).page([{ keys: [] }, { keys: [] }]).nextCursor).toBeNull()
  })

  it.each([
    ['of another sort', 'name', ['-name', 'a', id]],
    ['of another column', 'count', ['name', 'a', id]],
    ['an id that is none', 'name', ['name', 'a', 'x']],
    ['a number beyond the column', 'count', ['count', '99999999999', id]],
    ['a NUL', 'name', ['name', 'a\0', id]],
    ['30 February', 'seen', ['seen', '2026-02-30 10:00:00+00', id]],
    ['an hour that is none', 'seen', ['seen', '2026-02-20 25:00:00+00', id]],
    ['more than infinity', 'seen', ['seen', 'infinity1', id]],
    ['null', 'seen', ['seen', null, id]],
    ['too few values', 'name', ['name', 'a']],
  ])('refuses a cursor: %s', (_, sort, values) => {
    expect(() => at(sort, values)).toThrow('request.invalid')
  })

  it.each([
    ['seen', '2026-02-20 23:59:59.123456+00'],
    ['seen', '-infinity'],
    ['seen', 'infinity'],
    ['count', '-7'],
    ['name', "'; drop table customer"],
  ])('takes a cursor back: %s %s', (sort, value) => {
    expect(() => at(sort, [sort, value, id])).not.toThrow()
  })

  it("takes a search's own wildcards literally", () => {
    expect(likePattern('100%_\\')).toBe('%100\\%\\_\\\\%')
  })
})
