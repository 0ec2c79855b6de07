import { rowsOf, threats, topByThreat, topCustomersByThreat, type DetectionRange } from '@vigie/domain/figures'
import { countFigure } from '../platform/index.ts'
import { cutDetections } from './ranges.ts'
import { tallies, topCustomers } from './tallies.ts'

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
/** The most first; of as many, by name, so that two askings look alike. */
const mostFirst = <T extends { count: number }>(rows: T[], nameOf: (row: T) => string) =>
  rows.toSorted((a, b) => b.count - a.count || (nameOf(a) < nameOf(b) ? -1 : 1))
const distinct = (names: readonly string[]) => [...new Set(names)]
/** Rows of everything between two instants that is counted in `of`. */
const spanOf = (from: Date, until: Date) => ({ countedFrom: from.toISOString(), countedUntil: until.toISOString() })

export const countThreats = countFigure(threats, async ({ db, now, timeZone, range }) => {
  const { step, bounds } = cutDetections(range as DetectionRange, now, timeZone)
  const [from, until] = [bounds[0]!, bounds.at(-1)!]
  const span = spanOf(from, until)
  const found = await tallies(db, bounds)
  const countedAs = (of: { category?: string; typeId?: string }) => {
    const matching = found.filter(({ category, typeId }) => (of.category ?? category) === category && (of.typeId ?? typeId) === typeId)
    return { count: sum(matching.flatMap(({ counts }) => counts)), rows: rowsOf.detections({ ...of, ...span }) }
  }
  const types = mostFirst(
    distinct(found.map(({ typeId }) => typeId)).map((typeId) => ({ typeId, ...countedAs({ typeId }) })),
    ({ typeId }) => typeId,
  )
  const categories = mostFirst(
    distinct(found.map(({ category }) => category)).map((category) => ({
      category,
      ...countedAs({ category }),
      types: types.map(({ typeId }) => ({ typeId, ...countedAs({ category, typeId }) })).filter(({ count }) => count > 0),
    })),
    ({ category }) => category,
  )
  const inBucket = (n: number, category?: string) =>
    sum(found.filter((one) => category === undefined || one.category === category).map(({ counts }) => counts[n]!))
  return {
    from,
    until,
    value: {
      total: countedAs({}),
      categories,
      types,
      series: {
        step,
        buckets: bounds.slice(1).map((end, n) => ({
          from: bounds[n]!.toISOString(),
          until: end.toISOString(),
          count: inBucket(n),
          rows: rowsOf.detections(spanOf(bounds[n]!, end)),
        })),
        categories: categories.map(({ category }) => ({ category, counts: bounds.slice(1).map((_, n) => inBucket(n, category)) })),
      },
    },
  }
})

export const countTopCustomersByThreat = countFigure(topCustomersByThreat, async ({ db, now, timeZone, range }) => {
  const { bounds } = cutDetections(range as DetectionRange, now, timeZone)
  const [from, until] = [bounds[0]!, bounds.at(-1)!]
  const span = spanOf(from, until)
  const { total, customers } = await topCustomers(db, from, until, topByThreat)
  return {
    from,
    until,
    value: {
      total: { count: total, rows: rowsOf.detections(span) },
      customers: customers.map(({ id, company, count, categories }) => ({
        id,
        company,
        count,
        rows: rowsOf.detections({ customerId: id, ...span }),
        categories: categories.map((one) => ({ ...one, rows: rowsOf.detections({ customerId: id, category: one.category, ...span }) })),
      })),
    },
  }
})
