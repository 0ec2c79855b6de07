import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { figuresApi, type Figure, type FigureAnswer, type FigureKind, type FigureRange } from '@vigie/domain/figures'
import type * as z from 'zod'
import { api } from '../kit/index.ts'
import { createBatch } from './batch.ts'

const ask = createBatch((asks) => api(figuresApi.getFigures).call({ query: { ask: asks.join(',') } } as never), figuresApi.mostFigures)

/** Asked for again this often though nothing said it changed: time passes, a window moves on, and a screen on a wall keeps its session. */
export const refreshMs = 60_000
/** Older than this and nobody has told us why: the line or the server is gone. */
export const lostAfterMs = 2.5 * refreshMs

/** First part of the key of every figure on the screen. */
export const figureKey = 'figure'

/** EVT-8: `meta.follows` says what changes it (kit/live.ts, which asks again every few seconds at most). */
export function useFigure<F extends Figure>(figure: F, range: FigureRange | undefined, kind?: FigureKind) {
  const name = [figure.id, range, kind].filter((word) => word !== undefined).join(':')
  const result = useQuery({
    queryKey: [figureKey, name],
    queryFn: async (): Promise<{ answer: FigureAnswer; value: z.output<F['value']> }> => {
      const answer = await ask(name)
      return { answer, value: answer.value as z.output<F['value']> }
    },
    meta: { follows: figure.follows },
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  })
  return {
    data: result.data,
    /** Only while there is nothing to show: what was counted before stays, with its age. */
    error: result.data === undefined ? result.error : null,
    hasFailed: result.error !== null,
    /** What is shown is of another range. */
    isOther: result.isPlaceholderData,
    isRefreshing: result.isFetching,
    refresh: () => void result.refetch(),
  }
}
export type ShownFigure = Pick<ReturnType<typeof useFigure>, 'data' | 'error' | 'hasFailed' | 'isOther' | 'isRefreshing' | 'refresh'>
