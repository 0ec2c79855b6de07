import {
  categoryOfKind,
  rowsOf,
  topCloudEdgeAppliances,
  topCloudEdgeCustomers,
  topOfGateways,
  type GatewayRange,
} from '@vigie/domain/figures'
import { countFigure, type FigureAsked } from '../platform/index.ts'
import { topAppliances, topCustomersOfGateways } from './appliances.ts'
import { cutDetections, lastHour } from './ranges.ts'

/** What is asked, and the words of it that every link takes along. */
function asked({ now, timeZone, range, kind }: FigureAsked) {
  const bounds = range === '1h' ? lastHour(now) : cutDetections(range as Exclude<GatewayRange, '1h'>, now, timeZone).bounds
  const [from, until] = [bounds[0]!, bounds.at(-1)!]
  const category = categoryOfKind[kind ?? 'all']
  return {
    from,
    until,
    category,
    most: topOfGateways,
    rows: { ...(category === undefined ? {} : { category }), countedFrom: from.toISOString(), countedUntil: until.toISOString() },
  }
}

export const countTopCloudEdgeCustomers = countFigure(topCloudEdgeCustomers, async (of) => {
  const { rows, ...span } = asked(of)
  const { total, best } = await topCustomersOfGateways(of.db, span)
  return {
    from: span.from,
    until: span.until,
    value: {
      total: { count: total, rows: rowsOf.detections({ family: 'gateway', ...rows }) },
      customers: best.map((customer) => ({
        ...customer,
        rows: rowsOf.detections({ customerId: customer.id, family: 'gateway', ...rows }),
      })),
    },
  }
})

export const countTopCloudEdgeAppliances = countFigure(topCloudEdgeAppliances, async (of) => {
  const { rows, ...span } = asked(of)
  const { total, best } = await topAppliances(of.db, span)
  return {
    from: span.from,
    until: span.until,
    value: {
      total: { count: total, rows: rowsOf.detections({ family: 'gateway', ...rows }) },
      appliances: best.map(({ id, name, customerId, company, count }) => ({
        id,
        name,
        customer: { id: customerId, company },
        count,
        rows: rowsOf.detections({ productId: id, ...rows }),
      })),
    },
  }
})
