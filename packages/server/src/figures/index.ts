import { figuresApi } from '@vigie/domain/figures'
import { Problem } from '@vigie/domain/kernel'
import { countAttention } from '../customers/index.ts'
import { handle, type FigureCount, type Handler } from '../platform/index.ts'
import { countAgentsByState } from '../products/index.ts'

/** Every figure of `domain` has its count here, and nothing else does: `index.test.ts`. */
export const counts = [countAttention, countAgentsByState] as const
const byId = new Map<string, FigureCount>(counts.map((one) => [one.figure.id, one as unknown as FigureCount]))

export const figureRoutes: Handler[] = [
  handle(figuresApi.getFigure, async ({ db, now }, { params: { figureId } }) => {
    const count = byId.get(figureId)
    if (!count) throw new Problem('figure.not-found')
    return { id: figureId, value: await count.count(db), countedAt: now.toISOString() }
  }),
]
