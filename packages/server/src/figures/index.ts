import { figuresApi, type FigureAnswer } from '@vigie/domain/figures'
import { Problem } from '@vigie/domain/kernel'
import { countAttention } from '../customers/index.ts'
import { handle, type Context, type FigureCount, type Handler } from '../platform/index.ts'
import { countAgentsByState } from '../products/index.ts'

/** Every figure of `domain` has its count here, and nothing else does: `index.test.ts`. */
export const counts = [countAttention, countAgentsByState] as const
const byId = new Map<string, FigureCount>(counts.map((one) => [one.figure.id, one as unknown as FigureCount]))

export const figureRoutes: Handler[] = [
  handle(figuresApi.getFigure, async (context, { params: { figureId }, query }) => {
    const answer = await answerOf(context, figureId, query.range)
    if (!answer) throw new Problem('figure.not-found')
    return answer
  }),
  handle(figuresApi.getFigures, async (context, { query }) => {
    const figures: FigureAnswer[] = []
    const missing: string[] = []
    for (const asked of query.ask) {
      const [id, range] = asked.split(':') as [string, FigureAnswer['range']?]
      const answer = await answerOf(context, id, range ?? undefined)
      if (answer) figures.push(answer)
      else missing.push(asked)
    }
    return { figures, missing }
  }),
]

/** Null: no such figure, or range, or not for the asker. */
async function answerOf({ db, actor, now }: Context, id: string, asked: NonNullable<FigureAnswer['range']> | undefined): Promise<FigureAnswer | null> {
  const one = byId.get(id)
  if (!one || !one.figure.needs.every((permission) => actor.permissions.has(permission))) return null
  const range = asked ?? one.figure.ranges[0] ?? null
  if (asked !== undefined && !one.figure.ranges.includes(asked)) return null
  const { value, from = null, until = null } = await one.count({ db, accountId: actor.accountId, now, timeZone: actor.timeZone, range })
  return { id, range, from: from?.toISOString() ?? null, until: until?.toISOString() ?? null, timeZone: actor.timeZone, asOf: now.toISOString(), stale: null, value }
}
