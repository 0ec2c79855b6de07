import type { Counted } from '@vigie/domain/figures'
import type { ReactNode } from 'react'
import { paths, useFormat, useText } from '../../kit/index.ts'
import { Bars, type Series } from '../charts/Bars.tsx'
import { Legend, toggled } from '../charts/Legend.tsx'
import type { ViewProps } from '../define.ts'
import chart from './chart.module.css'
import { Count } from './Count.tsx'
import parts from './parts.module.css'
import { useSpans } from './spans.ts'

interface Value {
  now: Counted
  step: 'week' | 'month'
  bars: { from: string; until: string; isCounted: boolean; count: number }[]
}
interface Drawn {
  label: string
  series: readonly (Series & { now: Counted })[]
  /** Of bars that were not counted, as a text key. */
  uncounted?: string
  /** Over it: what to choose. */
  head?: ReactNode
}
type Props = ViewProps<Value> & Drawn

/** Stock at the end of each week or month. Bars from before the daily counts began are paler and say so: deleted ones are missing there. */
export function OverTime(props: Props) {
  const { head } = props
  if (props.options.view !== 'table') return <Chart {...props} />
  return (
    <>
      {head}
      <Table {...props} />
    </>
  )
}

function Chart({ value, options, choose, label, series, head, uncounted = 'widgets.estimated' }: Props) {
  const say = useText()
  const spans = useSpans()
  const hidden = options.hidden ?? []
  const all = series.map(({ id }) => id)
  const last = value.bars.length - 1
  const buckets = value.bars.map((bar, index) => ({
    label: spans.short(bar.from, value.step),
    title: spans.long(bar.from, bar.until, value.step),
    note: bar.isCounted ? undefined : say(uncounted),
    // what was there once can't be shown one by one; what is there now can
    to: index === last && value.now.rows !== null ? paths.rows(value.now.rows) : null,
  }))
  return (
    <div className={chart.whole}>
      {head}
      <Legend
        entries={series.map(({ id, name, tone, now }) => ({ id, name, tone, count: <Count of={now} label={name} /> }))}
        {...(series.length > 1 ? { hidden, toggle: (id: string) => choose({ hidden: toggled(hidden, id, all) }) } : {})}
      />
      <Bars label={label} buckets={buckets} series={series.filter(({ id }) => !hidden.includes(id))} />
    </div>
  )
}

function Table({ value, series, uncounted = 'widgets.estimated' }: Props) {
  const say = useText()
  const { number } = useFormat()
  const spans = useSpans()
  const last = value.bars.length - 1
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say(`widgets.step.${value.step}`)}</th>
          {series.map(({ id, name }) => (
            <th key={id} scope="col" className={parts.number}>
              {name}
            </th>
          ))}
          {series.length > 1 && (
            <th scope="col" className={parts.number}>
              {say('widgets.sum')}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {value.bars
          .map((bar, index) => [bar, index] as const)
          .toReversed()
          .map(([bar, index]) => (
            <tr key={bar.from}>
              <th scope="row" className={parts.name} title={bar.isCounted ? undefined : say(uncounted)}>
                {spans.long(bar.from, bar.until, value.step)}
                {!bar.isCounted && (
                  <span className="faint">
                    {' '}
                    *<span className="sr-only">{say(uncounted)}</span>
                  </span>
                )}
              </th>
              {series.map(({ id, name, counts, now }) => (
                <td key={id} className={parts.number}>
                  {index === last ? <Count of={now} label={name} /> : <span className="figures">{number(counts[index] ?? 0)}</span>}
                </td>
              ))}
              {series.length > 1 && (
                <td className={parts.number}>
                  {index === last ? (
                    <Count of={value.now} label={say('widgets.sum')} />
                  ) : (
                    <span className="figures">{number(bar.count)}</span>
                  )}
                </td>
              )}
            </tr>
          ))}
      </tbody>
      {value.bars.some(({ isCounted }) => !isCounted) && <caption className={parts.caption}>* {say(uncounted)}</caption>}
    </table>
  )
}
