import type * as z from 'zod'
import type { FieldError } from './problems.ts'

/**
 * Every code a refused field may carry; texts: `field.<code>`, with `values` as placeholders. A schema names one of them as its `error` where the
 * general ones below would not tell the way out.
 */
export const fieldCodes = [
  // general: what `fieldErrorsOf` makes of zod's own issues
  'required',
  'invalid',
  'unknown',
  'wrong-type',
  'not-a-choice',
  'too-short',
  'too-long',
  'too-small',
  'too-large',
  'too-few',
  'too-many',
  'not-whole',
  'email',
  'date-time',
  'id',
  // of one schema or rule
  'description.shape',
  'account-id.shape',
  'account-id.taken',
  'country.shape',
  'code.shape',
  'time-zone.unknown',
  'password.too-short',
  'password.breached',
  'name-differs',
  'tag.comma',
  'rings.shape',
  'path.shape',
  'port.shape',
  'address.shape',
  'time.shape',
  'url.shape',
  'url.contradicts',
  'template.name-taken',
  'group.shape',
  'group.label-taken',
  'until.past',
  'until.too-far',
  'until.before',
  'maintenance.overlap',
  'endpoints.of-one-product',
  'key.shape',
  'file.too-large',
  'file.unreadable',
  'file.type',
] as const
export type FieldCode = (typeof fieldCodes)[number]

const isFieldCode = (text: string): text is FieldCode => (fieldCodes as readonly string[]).includes(text)

type Issue = z.core.$ZodIssue
type Verdict = { code: FieldCode; values?: FieldError['values'] }

/**
 * What a person can do something about, of what zod found; one entry a field and code, in the shape's order. Pure.
 * @param input what was parsed, where at hand: tells a missing field from a wrong one where zod's issue can't.
 */
export function fieldErrorsOf(error: z.core.$ZodError, input?: unknown): FieldError[] {
  const errors = error.issues.flatMap((issue) => errorsOf(issue, [], input))
  return errors.filter((one, at) => errors.findIndex((other) => other.path === one.path && other.code === one.code) === at)
}

function errorsOf(issue: Issue, above: readonly PropertyKey[], input: unknown): FieldError[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: dotted([...path, key]), code: 'unknown' }))
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && !isFieldCode(issue.message)) {
    // The branch with the least to complain about is the one that was meant.
    const [meant] = issue.errors.toSorted((a, b) => a.length - b.length)
    return (meant ?? []).flatMap((inner) => errorsOf(inner, path, input))
  }
  return [{ path: dotted(path), ...verdictOf(issue, isMissing(issue, path, input)) }]
}

function verdictOf(issue: Issue, missing: boolean): Verdict {
  if (missing) return { code: 'required' }
  if (isFieldCode(issue.message)) return { code: issue.message }
  switch (issue.code) {
    case 'invalid_type':
      return { code: issue.expected === 'int' ? 'not-whole' : 'wrong-type' }
    case 'invalid_value':
    case 'invalid_union':
      return { code: 'not-a-choice' }
    case 'too_small':
      return tooSmall(issue)
    case 'too_big':
      return tooBig(issue)
    case 'invalid_format':
      return { code: formats[issue.format] ?? 'invalid' }
    default:
      return { code: 'invalid' }
  }
}

const formats: Readonly<Record<string, FieldCode>> = { email: 'email', datetime: 'date-time', uuid: 'id', guid: 'id' }

function tooSmall(issue: z.core.$ZodIssueTooSmall): Verdict {
  const min = Number(issue.minimum)
  if (issue.origin === 'string') return min === 1 ? { code: 'required' } : { code: 'too-short', values: { min } }
  if (issue.origin === 'array' || issue.origin === 'set') return { code: 'too-few', values: { min } }
  return { code: 'too-small', values: { min } }
}

function tooBig(issue: z.core.$ZodIssueTooBig): Verdict {
  const max = Number(issue.maximum)
  if (issue.origin === 'string') return { code: 'too-long', values: { max } }
  if (issue.origin === 'array' || issue.origin === 'set') return { code: 'too-many', values: { max } }
  return { code: 'too-large', values: { max } }
}

function isMissing(issue: Issue, path: readonly PropertyKey[], input: unknown): boolean {
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_value' && issue.code !== 'invalid_union') return false
  if (input === undefined) return issue.message.endsWith('received undefined')
  let value: unknown = input
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return true
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value === undefined
}

const dotted = (path: readonly PropertyKey[]) => path.map(String).join('.')
