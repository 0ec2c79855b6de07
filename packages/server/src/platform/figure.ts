import type { Figure } from '@vigie/domain/figures'
import type * as z from 'zod'
import type { TenantDb } from './db/index.ts'

/** How a figure of `domain` is counted: one query a figure, in its slice's `figures.ts`; the actor's row-level security decides over what. */
export interface FigureCount<F extends Figure = Figure> {
  figure: F
  count(db: TenantDb): Promise<z.output<F['value']>>
}
export const countFigure = <F extends Figure>(figure: F, count: FigureCount<F>['count']): FigureCount<F> => ({ figure, count })
