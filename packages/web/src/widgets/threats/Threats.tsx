import { rowsOf, type threats } from '@vigie/domain/figures'
import type * as z from 'zod'
import { paths, useText } from '../../kit/index.ts'
import { Bars } from '../charts/Bars.tsx'
import { Legend, toggled } from '../charts/Legend.tsx'
import type { ViewProps } from '../define.ts'
import { Count } from '../parts/Count.tsx'
import { useSpans } from '../parts/spans.ts'
import { categoryName, toneOfCategory, typeName } from '../parts/names.ts'
import chart from '../parts/chart.module.css'
import parts from '../parts/parts.module.css'

type Value = z.output<typeof threats.value>

/** Detections by category over time; or by category and product type. */
export function Threats(props: ViewProps<Value>) {
  return props.options.view === 'table' ? <Table {...props} /> : <Chart {...props} />
}

function Chart({ value, options, choose }: ViewProps<Value>) {
  const say = useText()
  const spans = useSpans()
  const hidden = options.hidden ?? []
  const all = value.categories.map(({ category }) => category)
  const series = value.series.categories
    .filter(({ category }) => !hidden.includes(category))
    .map(({ category, counts }) => ({ id: category, name: categoryName(say, category), tone: toneOfCategory(category), counts }))
  const only = series.length === 1 ? series[0]!.id : undefined
  const buckets = value.series.buckets.map((bucket) => ({
    label: spans.short(bucket.from, value.series.step),
    title: spans.long(bucket.from, bucket.until, value.series.step),
    to:
      bucket.rows === null
        ? null
        : paths.rows(
            only === undefined || value.categories.length === 1
              ? bucket.rows
              : rowsOf.detections({ category: only, countedFrom: bucket.from, countedUntil: bucket.until }),
          ),
  }))
  return (
    <div className={chart.whole}>
      <Legend
        entries={value.categories.map((one) => ({
          id: one.category,
          name: categoryName(say, one.category),
          tone: toneOfCategory(one.category),
          count: <Count of={one} label={categoryName(say, one.category)} />,
        }))}
        {...(value.categories.length > 1 ? { hidden, toggle: (id: string) => choose({ hidden: toggled(hidden, id, all) }) } : {})}
      />
      <Bars label={say('widgets.threats.chart')} buckets={buckets} series={series} />
    </div>
  )
}

function Table({ value }: ViewProps<Value>) {
  const say = useText()
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say('widgets.category')}</th>
          {value.types.map(({ typeId }) => (
            <th key={typeId} scope="col" className={parts.number}>
              {typeName(say, typeId)}
            </th>
          ))}
          <th scope="col" className={parts.number}>
            {say('widgets.sum')}
          </th>
        </tr>
      </thead>
      <tbody>
        {value.categories.map((category) => {
          const name = categoryName(say, category.category)
          return (
            <tr key={category.category}>
              <th scope="row" className={parts.name}>
                {name}
              </th>
              {value.types.map(({ typeId }) => {
                const cell = category.types.find((one) => one.typeId === typeId)
                return (
                  <td key={typeId} className={parts.number}>
                    {cell ? <Count of={cell} label={`${name}, ${typeName(say, typeId)}`} /> : <span className="faint">0</span>}
                  </td>
                )
              })}
              <td className={parts.number}>
                <Count of={category} label={name} />
              </td>
            </tr>
          )
        })}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{say('widgets.sum')}</th>
          {value.types.map((type) => (
            <td key={type.typeId} className={parts.number}>
              <Count of={type} label={typeName(say, type.typeId)} />
            </td>
          ))}
          <td className={parts.number}>
            <Count of={value.total} label={say('widgets.sum')} />
          </td>
        </tr>
      </tfoot>
    </table>
  )
}
