import type { Permission, Role } from '@vigie/domain/access'
import type { Figure, FigureAnswer } from '@vigie/domain/figures'
import type * as z from 'zod'
import type { TenantDb } from './db/index.ts'

/** Who asks for a figure, over what, when. */
export interface FigureAsked {
  db: TenantDb
  accountId: string
  permissions: ReadonlySet<Permission>
  role: Role
  now: Date
  /** The asker's, by which days are cut. */
  timeZone: string
  /** One of the figure's own; null where it has none. */
  range: FigureAnswer['range']
  /** One of the figure's own; null or left out where it has none. */
  kind?: FigureAnswer['kind']
}
/** `from`, `until`: what the range came to. `asOf`: when it was counted, where that was before now. */
export interface FigureCounted<Value> {
  value: Value
  from?: Date
  until?: Date
  asOf?: Date
}

/** How a figure of `domain` is counted: one query a figure, in its slice's `figures.ts`; the actor's row-level security decides over what. */
export interface FigureCount<F extends Figure = Figure> {
  figure: F
  count(asked: FigureAsked): Promise<FigureCounted<z.output<F['value']>>>
}
export const countFigure = <F extends Figure>(figure: F, count: FigureCount<F>['count']): FigureCount<F> => ({ figure, count })
