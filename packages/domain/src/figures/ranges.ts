import * as z from 'zod'

/**
 * Over how long. `1h`: the five minutes that run and the 55 before, of what is counted by five minutes: gateways alone (decision 41). `24h`: the hour that runs and the 23 before. `7d`, `30d`: today and the days before, in the asker's time zone, a bucket a day. `1m`, `3m`: bars of weeks (Monday to Sunday); `6m`, `12m`:
 * bars of months; the last bar is the one that runs.
 */
export const detectionRanges = ['24h', '7d', '30d'] as const
export const gatewayRanges = ['1h', ...detectionRanges] as const
export const historyRanges = ['1m', '3m', '6m', '12m'] as const
export const figureRanges = [...gatewayRanges, ...historyRanges] as const
export const FigureRange = z.enum(figureRanges)
export type FigureRange = z.infer<typeof FigureRange>
export type DetectionRange = (typeof detectionRanges)[number]
export type GatewayRange = (typeof gatewayRanges)[number]
export type HistoryRange = (typeof historyRanges)[number]
