import * as z from 'zod'

export const pageSizes = { default: 50, max: 200 } as const

/**
 * The query of every list: `limit`, `cursor` (opaque, from the reply before), `sort` (`name` or `-name` for descending; `defaultSort` where none
 * is asked), `q` (search) and the list's own filters. A filter that takes several values is a comma-separated text: see `oneOrMore`.
 */
export function listQuery<const Keys extends readonly [string, ...string[]], F extends z.ZodRawShape>(
  sortKeys: Keys,
  filters: F,
  defaultSort: Keys[number] | `-${Keys[number]}` = sortKeys[0],
) {
  const sorts = sortKeys.flatMap((key) => [key, `-${key}`]) as [string, ...string[]]
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(pageSizes.max).default(pageSizes.default),
    cursor: z.string().max(512).optional(),
    sort: z.enum(sorts).default(defaultSort),
    q: z.string().trim().max(200).optional(),
    ...filters,
  })
}

/** The reply of every list. `nextCursor` null: this was the last page. `total` only where it is cheap to know. */
export function listReply<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), nextCursor: z.string().nullable(), total: z.number().int().optional() })
}

/** `?severity=warning,action-required`: several values of one filter, comma-separated in the address. */
export function oneOrMore<const V extends readonly [string, ...string[]]>(values: V) {
  const one = z.enum(values)
  return z
    .string()
    .max(400)
    .transform((text) => text.split(','))
    .pipe(z.array(one).min(1).max(values.length))
}

/** Like `oneOrMore` where the values are no closed list (ids, tags): `?tag=gold,lyon`. None of them may hold a comma. */
export function anyOf<T extends z.ZodType<unknown, string>>(one: T, atMost: number) {
  return z
    .string()
    .max(8000)
    .transform((text) => text.split(','))
    .pipe(z.array(one).min(1).max(atMost))
}
