import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { expect, it } from 'vitest'
import { joinValues } from './arguments.ts'

const options = { key: { type: 'string', multiple: true }, json: { type: 'boolean' } } as const
const parse = (...args: string[]) => parseArgs({ args: joinValues(args, options), options, allowPositionals: true })

it('any key of base64url is a value, however it begins (AGT-1, AGT-5)', () => {
  for (const key of ['-', '--', '-k', '--a=b', ...Array.from({ length: 500 }, () => randomBytes(16).toString('base64url'))])
    expect(parse('image', '--key', key, '--json')).toMatchObject({ values: { key: [key], json: true }, positionals: ['image'] })
  expect(parse('--key', '-a', '--key=-b').values.key).toEqual(['-a', '-b'])
})

it('another option is no value, a missing one is refused', () => {
  for (const args of [['--key', '--json'], ['--key'], ['--key', '--key=x']]) expect(() => parse(...args)).toThrow(/--key/)
  expect(() => parse('--json', '-x')).toThrow(/-x/)
})
