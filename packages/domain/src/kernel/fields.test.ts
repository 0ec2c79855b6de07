import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { fieldCodes, fieldErrorsOf } from './fields.ts'

const Shape = z.strictObject({
  name: z.string().trim().min(1).max(5),
  nick: z.string().min(3).optional(),
  age: z.number().int().min(18).max(99).optional(),
  kind: z.enum(['a', 'b']).default('a'),
  email: z.email().optional(),
  at: z.iso.datetime().optional(),
  id: z.uuid().optional(),
  tags: z.array(z.string().max(3)).min(1).max(2).optional(),
  account: z.strictObject({ id: z.string().regex(/^[a-z]+$/, { error: 'account-id.shape' }) }).optional(),
  target: z
    .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('all') }), z.strictObject({ kind: z.literal('one'), id: z.string() })])
    .optional(),
  proof: z
    .union([
      z.strictObject({ code: z.string().regex(/^\d{6}$/, { error: 'code.shape' }) }),
      z.strictObject({ recovery: z.string(), other: z.string() }),
    ])
    .optional(),
})

/** `path code` of each refused field, with and without the input at hand. */
function refused(input: unknown, withInput = true) {
  const parsed = Shape.safeParse(input)
  if (parsed.success) return []
  return fieldErrorsOf(parsed.error, withInput ? input : undefined).map(({ path, code, values }) =>
    values ? `${path} ${code} ${JSON.stringify(values)}` : `${path} ${code}`,
  )
}

describe('refused fields name their code (R6, design.md: a form error tells the way out)', () => {
  it.each([
    ['nothing wrong', { name: 'x' }, []],
    ['absent', {}, ['name required']],
    ['empty', { name: '  ' }, ['name required']],
    ['6 of 5 characters', { name: 'abcdef' }, ['name too-long {"max":5}']],
    ['2 of 3 characters', { name: 'x', nick: 'ab' }, ['nick too-short {"min":3}']],
    ['a number where a text belongs', { name: 5 }, ['name wrong-type']],
    ['17 of 18', { name: 'x', age: 17 }, ['age too-small {"min":18}']],
    ['100 of 99', { name: 'x', age: 100 }, ['age too-large {"max":99}']],
    ['not whole', { name: 'x', age: 20.5 }, ['age not-whole']],
    ['not one of the list', { name: 'x', kind: 'c' }, ['kind not-a-choice']],
    ['no e-mail address', { name: 'x', email: 'nobody' }, ['email email']],
    ['no instant', { name: 'x', at: 'noon' }, ['at date-time']],
    ['no id', { name: 'x', id: '7' }, ['id id']],
    ['none where one is needed', { name: 'x', tags: [] }, ['tags too-few {"min":1}']],
    ['three of two', { name: 'x', tags: ['a', 'b', 'c'] }, ['tags too-many {"max":2}']],
    ['an element of a list', { name: 'x', tags: ['a', 'long'] }, ['tags.1 too-long {"max":3}']],
    ['a field nobody asked for', { name: 'x', isAdmin: true }, ['isAdmin unknown']],
    ['a nested one nobody asked for', { name: 'x', account: { id: 'a', owner: 1 } }, ['account.owner unknown']],
    ['a code of its own', { name: 'x', account: { id: 'A1' } }, ['account.id account-id.shape']],
    ['a kind that is not there', { name: 'x', target: { kind: 'some' } }, ['target.kind not-a-choice']],
    ['the branch that was meant', { name: 'x', proof: { code: '12' } }, ['proof.code code.shape']],
    ['several at once', { kind: 'c', age: 1 }, ['name required', 'age too-small {"min":18}', 'kind not-a-choice']],
  ])('%s', (_, input, expected) => {
    expect(refused(input)).toEqual(expected)
  })

  it('tells absent from wrong also without the input', () => {
    expect(refused({}, false)).toEqual(['name required'])
    expect(refused({ name: 5 }, false)).toEqual(['name wrong-type'])
  })

  it('an absent choice is required, not a wrong choice', () => {
    const parsed = z.strictObject({ kind: z.enum(['a']) }).safeParse({})
    expect(fieldErrorsOf(parsed.error!, {})).toEqual([{ path: 'kind', code: 'required' }])
  })

  it('gives no other code than those listed', () => {
    const codes = [{}, { name: 5, age: 'x', tags: 'x', account: 1, target: null, proof: 3, at: 1, id: {} }].flatMap((input) =>
      fieldErrorsOf(Shape.safeParse(input).error!, input).map(({ code }) => code),
    )
    expect(codes.filter((code) => !(fieldCodes as readonly string[]).includes(code))).toEqual([])
    expect(codes).not.toEqual([])
  })
})
