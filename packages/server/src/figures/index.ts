import {
  figuresApi,
  figureKinds,
  figureRanges,
  rowScreens,
  type FigureAnswer,
  type FigureKind,
  type FigureRange,
  type RowsLink,
} from '@vigie/domain/figures'
import type { Permission } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { countAttention } from '../customers/index.ts'
import { handle, type Context, type FigureCount, type Handler } from '../platform/index.ts'
import { countAgentsByState, countInventoryHealth, countStale } from '../products/index.ts'
import { countThreats, countTopCustomersByThreat } from './detections.ts'
import { countCustomersNeedingAttention, countNotifications, countSystem } from './events.ts'
import { countTopCloudEdgeAppliances, countTopCloudEdgeCustomers } from './gateways.ts'
import { countLicenceManagement, countLicencesOverTime, countLicenceUsage } from './licences.ts'
import { countCustomersOverTime, countProductsOverTime } from './over-time.ts'

export { foldTallies } from './fold.ts'
export { figureJobs } from './jobs.ts'

/** Every figure of `domain` has its count here, and nothing else does: `index.test.ts`. */
export const counts = [
  countNotifications,
  countCustomersNeedingAttention,
  countThreats,
  countSystem,
  countCustomersOverTime,
  countProductsOverTime,
  countTopCustomersByThreat,
  countTopCloudEdgeCustomers,
  countTopCloudEdgeAppliances,
  countAgentsByState,
  countInventoryHealth,
  countLicenceManagement,
  countLicencesOverTime,
  countLicenceUsage,
  countAttention,
] as const
const byId = new Map<string, FigureCount>(counts.map((one) => [one.figure.id, one as unknown as FigureCount]))

export const figureRoutes: Handler[] = [
  handle(figuresApi.getFigure, async (context, { params: { figureId }, query }) => {
    const answer = await answerer(context)(figureId, query.range, query.kind)
    if (!answer) throw new Problem('figure.not-found')
    return answer
  }),
  handle(figuresApi.getFigures, async (context, { query }) => {
    const answer = answerer(context)
    const figures: FigureAnswer[] = []
    const missing: string[] = []
    for (const asked of query.ask) {
      const [id, ...chosen] = asked.split(':') as [string, ...string[]]
      const found = await answer(
        id,
        figureRanges.find((range) => chosen.includes(range)),
        figureKinds.find((kind) => chosen.includes(kind)),
      )
      if (found) figures.push(found)
      else missing.push(asked)
    }
    return { figures, missing }
  }),
]

/** Null: no such figure, or range, or kind, or not for the asker. */
type Answer = (id: string, range: FigureRange | undefined, kind: FigureKind | undefined) => Promise<FigureAnswer | null>

/** What several figures of one request need is asked once. */
function answerer({ db, actor, now }: Context): Answer {
  let stale: Promise<FigureAnswer['stale']> | undefined
  const { accountId, permissions, role, timeZone } = actor
  return async (id, asked, askedKind) => {
    const one = byId.get(id)
    if (!one || !one.figure.needs.every((permission) => permissions.has(permission))) return null
    if (asked !== undefined && !one.figure.ranges.includes(asked)) return null
    if (askedKind !== undefined && !one.figure.kinds?.includes(askedKind)) return null
    const range = asked ?? one.figure.ranges[0] ?? null
    const kind = askedKind ?? one.figure.kinds?.[0] ?? null
    const {
      value,
      from = null,
      until = null,
      asOf = now,
    } = await one.count({ db, accountId, permissions, role, now, timeZone, range, kind })
    const isOwn = one.figure.isOwn === true
    stale ??= isOwn ? undefined : countStale(db, now)
    return withoutForbiddenWays(
      {
        id,
        range,
        kind,
        from: from?.toISOString() ?? null,
        until: until?.toISOString() ?? null,
        timeZone,
        asOf: asOf.toISOString(),
        stale: isOwn ? null : await stale!,
        value,
      },
      permissions,
    )
  }
}

const readable: Readonly<Record<(typeof rowScreens)[number], Permission>> = {
  events: 'event.read',
  customers: 'customer.read',
  products: 'product.read',
  inventory: 'product.read',
  detections: 'detection.read',
  licences: 'product.read',
}

/** A number stays; the way to rows that one may not read goes. */
function withoutForbiddenWays<T>(value: T, permissions: ReadonlySet<Permission>): T {
  if (Array.isArray(value)) return value.map((one) => withoutForbiddenWays<unknown>(one, permissions)) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => [
      key,
      key === 'rows' && one !== null ? allowed(one as RowsLink, permissions) : withoutForbiddenWays(one, permissions),
    ]),
  ) as T
}
const allowed = (link: RowsLink, permissions: ReadonlySet<Permission>): RowsLink | null =>
  permissions.has(readable[link.screen]) ? link : null
