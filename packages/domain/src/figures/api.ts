import * as z from 'zod'
import { defineRoute, Instant } from '../kernel/index.ts'

/** PRD-8: every figure says when it was counted. `value` has the shape of `figures[id]`. */
export const getFigure = defineRoute({
  id: 'figures.get', method: 'GET', path: '/v1/figures/:figureId', permission: 'figure.read', params: z.strictObject({ figureId: z.string().max(60) }),
  reply: z.object({ id: z.string(), value: z.unknown(), countedAt: Instant }), problems: ['figure.not-found'],
})
