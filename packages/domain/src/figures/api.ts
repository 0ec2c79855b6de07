import * as z from 'zod'
import { defineRoute, Instant } from '../kernel/index.ts'
import { FigureKind, figureKinds } from './kinds.ts'
import { FigureRange, figureRanges } from './ranges.ts'
import { RowsLink } from './rows.ts'

/** `value` has the shape of the figure's `value`. */
export const FigureAnswer = z.object({
  id: z.string(),
  /** Null: as things are now; then `from` and `until` are null too. */
  range: FigureRange.nullable(),
  /** Null: it is not asked by kind of threat. */
  kind: FigureKind.nullable(),
  /** Half-open. `until` may lie ahead: the hour, day or bar that runs ends then. */
  from: Instant.nullable(),
  until: Instant.nullable(),
  /** The asker's, by which days, weeks and months are cut. */
  timeZone: z.string(),
  /** When it was counted: every change before is in it (PRD-8). */
  asOf: Instant,
  /** PRD-8: products that feed it and have not been heard for longer than their source promises; what they would say is missing. Null: nothing outside feeds it. */
  stale: z.object({ products: z.number().int(), of: z.number().int(), rows: RowsLink.nullable() }).nullable(),
  value: z.unknown(),
})
export type FigureAnswer = z.infer<typeof FigureAnswer>

/** One figure. `range`, `kind`: one of its own; without it the first of them; any other is not found. */
export const getFigure = defineRoute({
  id: 'figures.get',
  method: 'GET',
  path: '/v1/figures/:figureId',
  permission: 'figure.read',
  params: z.strictObject({ figureId: z.string().max(60) }),
  query: z.strictObject({ range: FigureRange.optional(), kind: FigureKind.optional() }),
  reply: FigureAnswer,
  problems: ['figure.not-found'],
})

/** How many a batch may ask for: a tab's widgets (DSH-1), and then some. */
export const mostFigures = 30
const Ask = z.string().regex(new RegExp(`^[a-z0-9-]{1,60}(:(${figureRanges.join('|')}))?(:(${figureKinds.join('|')}))?$`))
/**
 * A whole dashboard in one request: `?ask=notifications,threats:7d,top-cloud-edge-customers:24h:botnet`. Answers stand in the order asked. What there is not, or not for the asker, is in `missing` as it was asked: one of
 * them takes none of the others away.
 */
export const getFigures = defineRoute({
  id: 'figures.batch',
  method: 'GET',
  path: '/v1/figures',
  permission: 'figure.read',
  query: z.strictObject({
    ask: z
      .string()
      .max(3000)
      .transform((text) => [...new Set(text.split(','))])
      .pipe(z.array(Ask).min(1).max(mostFigures)),
  }),
  reply: z.object({ figures: z.array(FigureAnswer), missing: z.array(z.string()) }),
  problems: [],
})
