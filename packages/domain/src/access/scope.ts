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

const endOf = (line: ScopeLine) => (line.endsAt === null ? Infinity : Date.parse(line.endsAt))
const sameTarget = (a: ScopeLine['target'], b: ScopeLine['target']) => JSON.stringify(a) === JSON.stringify(b)

/**
 * R5: nobody gives a wider scope than his own, now or later. A line that names a customer is covered while one of the granter's lines covers that customer; a line over a tag or
 * over all only by the same line, or `all`, of the granter, and then all he is denied must be denied too. Stricter than a comparison of the customers of today: what is created or
 * tagged tomorrow is covered as well.
 * @param customers those the granted lines name, as far as the granter sees them now
 */
export function mayGrantScope(
  own: Scope,
  granted: Scope,
  customers: readonly { id: string; tags: readonly string[] }[],
  now: Date,
): boolean {
  if (own === null) return true
  if (granted === null) return false
  const inForce = own.filter((line) => endOf(line) > now.getTime())
  const allows = inForce.filter((line) => line.effect === 'allow')
  const denies = inForce.filter((line) => line.effect === 'deny')
  const isAsLongAs = (mine: ScopeLine, theirs: ScopeLine) => endOf(mine) >= endOf(theirs)

  return granted
    .filter((line) => line.effect === 'allow')
    .every((line) => {
      const { target } = line
      if (target.kind === 'customer') {
        const customer = customers.find((one) => one.id === target.customerId)
        if (customer === undefined || !isInScope(own, customer, now)) return false
        // one line must cover it to the end: a gap between two would open the granted scope wider than the own
        return allows.some((mine) => isAsLongAs(mine, line) && isInScope([{ ...mine, endsAt: null }], customer, now))
      }
      const isCovered = allows.some((mine) => (mine.target.kind === 'all' || sameTarget(mine.target, target)) && isAsLongAs(mine, line))
      return (
        isCovered &&
        denies.every((mine) =>
          granted.some(
            (theirs) =>
              theirs.effect === 'deny' && sameTarget(theirs.target, mine.target) && endOf(theirs) >= Math.min(endOf(mine), endOf(line)),
          ),
        )
      )
    })
}
