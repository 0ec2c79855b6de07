import type { WidgetOptions } from '@vigie/domain/dashboard'
import type { Figure, FigureAnswer, FigureKind } from '@vigie/domain/figures'
import type { ComponentType } from 'react'
import type * as z from 'zod'

export interface ViewProps<Value> {
  value: Value
  answer: FigureAnswer
  options: WidgetOptions
  /** Keeps what the viewer chose. */
  choose(options: WidgetOptions): void
}

/** How one figure is drawn (DSH-2). Its title, help and empty state: `figure.<id>`, `figure.<id>.about`, `widgets.<id>.empty`. */
export interface Widget<F extends Figure = Figure> {
  figure: F
  /** What it looks like, in the gallery. */
  sketch: 'list' | 'ranking' | 'bars' | 'tiles' | 'meter' | 'table'
  /** Both: it can be switched, and opens with the first. Empty: it is numbers and their picture at once. */
  views: readonly ('chart' | 'table')[]
  /** What it opens with, of the figure's ranges. */
  range?: F['ranges'][number]
  isEmpty(value: z.output<F['value']>): boolean
  /** Silence is the good state: empty is good news, and said so. */
  isGoodWhenEmpty?: boolean
  View: ComponentType<ViewProps<z.output<F['value']>>>
}
/** Of what kind of threat a widget shows its figure: as chosen, else the first; undefined: it is not asked so. */
export const kindOf = ({ figure: { kinds } }: Widget, options: WidgetOptions): FigureKind | undefined =>
  kinds?.find((one) => one === options.kind) ?? kinds?.[0]

export const defineWidget = <F extends Figure>(widget: Widget<F>): Widget => widget as unknown as Widget
