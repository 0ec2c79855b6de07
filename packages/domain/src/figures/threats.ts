import * as z from 'zod'
import { Instant } from '../kernel/index.ts'
import { defineFigure } from './define.ts'
import { detectionRanges } from './ranges.ts'
import { Counted, rowsOf } from './rows.ts'

const span = { countedFrom: '2026-11-20T10:00:00.000Z', countedUntil: '2026-11-21T10:00:00.000Z' }

/**
 * Detections by category and product type, and how they came over time (DSH-2, "Threat management"). By whole hours: where a time zone's midnight is not on a whole hour of UTC, its day begins at the next one,
 * and `from`, `until` say so. The rows of a number of the series: `rowsOf.detections({ category, countedFrom: bucket.from, countedUntil: bucket.until })`.
 */
export const threats = defineFigure({
  id: 'threats',
  ranges: detectionRanges,
  unit: 'detections',
  needs: ['detection.read'],
  follows: ['detection'],
  value: z.object({
    total: Counted,
    /** Threat categories of which there is any, the most first. */
    categories: z.array(
      z.object({ category: z.string(), ...Counted.shape, types: z.array(z.object({ typeId: z.string(), ...Counted.shape })) }),
    ),
    /** The same by product type, the most first. */
    types: z.array(z.object({ typeId: z.string(), ...Counted.shape })),
    series: z.object({
      step: z.enum(['hour', 'day']),
      buckets: z.array(z.object({ from: Instant, until: Instant, ...Counted.shape })),
      /** In the order of `categories`; a number a bucket. */
      categories: z.array(z.object({ category: z.string(), counts: z.array(z.number().int()) })),
    }),
  }),
  example: {
    total: { count: 12, rows: rowsOf.detections(span) },
    categories: [
      {
        category: 'antivirus',
        count: 12,
        rows: rowsOf.detections({ category: 'antivirus', ...span }),
        types: [
          { typeId: 'clamav-endpoint', count: 12, rows: rowsOf.detections({ category: 'antivirus', typeId: 'clamav-endpoint', ...span }) },
        ],
      },
    ],
    types: [{ typeId: 'clamav-endpoint', count: 12, rows: rowsOf.detections({ typeId: 'clamav-endpoint', ...span }) }],
    series: {
      step: 'hour',
      buckets: [
        {
          from: '2026-11-21T09:00:00.000Z',
          until: '2026-11-21T10:00:00.000Z',
          count: 12,
          rows: rowsOf.detections({ countedFrom: '2026-11-21T09:00:00.000Z', countedUntil: '2026-11-21T10:00:00.000Z' }),
        },
      ],
      categories: [{ category: 'antivirus', counts: [12] }],
    },
  },
})
