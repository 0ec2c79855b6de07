import * as z from 'zod'
import { CustomerId, Instant } from '../kernel/index.ts'

/**
 * One line of a scope (ACC-14). A customer is in scope when some allow line matches it and no deny line does; a line past `endsAt` matches
 * nothing. `all` also means customers created later. The database applies the same rule (`visible_customers()`), tests hold the two together.
 */
export const ScopeLine = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  target: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    z.strictObject({ kind: z.literal('customer'), customerId: CustomerId }),
    z.strictObject({ kind: z.literal('tag'), tag: z.string().trim().min(1).max(50) }),
  ]),
  endsAt: Instant.nullable().default(null),
})
export type ScopeLine = z.infer<typeof ScopeLine>

/** `null`: everything the business has, without looking at lines. */
export const Scope = z.array(ScopeLine).max(200).nullable()
export type Scope = z.infer<typeof Scope>

/** `now` in ISO 8601; compared as text is right for UTC instants of the same form, so both are parsed. */
export function isInScope(scope: Scope, customer: { id: string; tags: readonly string[] }, now: Date): boolean {
  if (scope === null) return true
  const lines = scope.filter((line) => line.endsAt === null || Date.parse(line.endsAt) > now.getTime())
  const matches = (line: ScopeLine) =>
    line.target.kind === 'all' ||
    (line.target.kind === 'customer' && line.target.customerId === customer.id) ||
    (line.target.kind === 'tag' && customer.tags.includes(line.target.tag))
  return lines.some((line) => line.effect === 'allow' && matches(line)) && !lines.some((line) => line.effect === 'deny' && matches(line))
}
