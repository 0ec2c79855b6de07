import type { WidgetOptions } from '@vigie/domain/dashboard'
import { Bars as Skeleton, Button, describe, ErrorBoundary, Glyph, Icon, useText } from '../kit/index.ts'
import type { ShownFigure, Widget } from '../widgets/index.ts'
import css from './dashboard.module.css'

interface Props {
  definition: Widget
  figure: ShownFigure
  options: WidgetOptions
  choose(options: WidgetOptions): void
  label: string
}

/** What a widget shows: bars until it is there; its trouble and "try again"; what would be here and why nothing is; else the figure. */
export function WidgetBody({ definition, figure: { data, error, isOther, refresh }, options, choose, label }: Props) {
  const say = useText()
  const {
    View,
    figure: { id },
  } = definition
  if (data !== undefined && !definition.isEmpty(data.value)) {
    return (
      <div className={css.body} role="group" aria-label={label} tabIndex={0} data-refreshing={isOther || undefined}>
        <ErrorBoundary>
          <View value={data.value} answer={data.answer} options={options} choose={choose} />
        </ErrorBoundary>
      </div>
    )
  }
  if (data !== undefined) {
    return (
      <div className={css.empty}>
        <span className={css.emptySign} data-good={definition.isGoodWhenEmpty || undefined}>
          <Icon name={definition.isGoodWhenEmpty ? 'check' : 'inventory'} size={18} />
        </span>
        <p className={css.emptyTitle}>{say(`widgets.${id}.none`)}</p>
        <p className="quiet">{say(`widgets.${id}.empty`)}</p>
      </div>
    )
  }
  if (error !== null) {
    const { title, remedy } = describe(error, say)
    return (
      <div className={css.empty} role="alert">
        <Glyph sign="action-required" size={18} />
        <p className={css.emptyTitle}>{title}</p>
        <p className="quiet">{remedy}</p>
        <Button size="small" icon="refresh" onClick={refresh}>
          {say('kit.retry')}
        </Button>
      </div>
    )
  }
  return (
    <div className={css.body}>
      <Skeleton rows={5} />
    </div>
  )
}
