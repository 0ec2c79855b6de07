import type { licenceUsage } from '@vigie/domain/figures'
import type * as z from 'zod'
import { paths, useFormat, useText } from '../../kit/index.ts'
import { Bars } from '../charts/Bars.tsx'
import { Legend } from '../charts/Legend.tsx'
import type { ViewProps } from '../define.ts'
import chart from '../parts/chart.module.css'
import parts from '../parts/parts.module.css'
import { useSpans } from '../parts/spans.ts'
import { Sum } from '../parts/Sum.tsx'
import { chosenType, TypeMenu } from '../parts/TypeMenu.tsx'

type Value = z.output<typeof licenceUsage.value>
const names = ['seats', 'seatsUsed'] as const

/** Seats provisioned beside seats in use at the end of each month; what was bought is nobody's to tell yet, and it says so. */
export function LicenceUsage(props: ViewProps<Value>) {
  const say = useText()
  const { value, options, choose } = props
  const type = chosenType(value.types, options.type)
  const of = value.types.find(({ typeId }) => typeId === type) ?? value
  const shown = { ...of, bars: value.bars, step: value.step }
  return (
    <div className={chart.whole}>
      <TypeMenu types={value.types.map(({ typeId }) => typeId)} type={type} choose={(one) => choose({ type: one ?? 'all' })} />
      {options.view === 'table' ? <Table of={shown} /> : <Chart of={shown} />}
      <p className={parts.caption}>{say('widgets.licence-usage.bought')}</p>
    </div>
  )
}
type Shown = Omit<Value, 'types'>

function Chart({ of }: { of: Shown }) {
  const say = useText()
  const spans = useSpans()
  const last = of.bars.length - 1
  const buckets = of.bars.map((bar, index) => ({
    label: spans.short(bar.from, of.step),
    title: spans.long(bar.from, bar.until, of.step),
    note: bar.isCounted ? undefined : say('widgets.not-kept'),
    to: index === last && of.now.seats.rows !== null ? paths.rows(of.now.seats.rows) : null,
  }))
  const series = names.map((name, tone) => ({ id: name, name: say(`widgets.licence-usage.${name}`), tone, counts: of[name] }))
  return (
    <>
      <Legend entries={series.map(({ id, name, tone }) => ({ id, name, tone, count: <Sum of={of.now[id]} label={name} /> }))} />
      <Bars label={say('figure.licence-usage')} buckets={buckets} series={series} isSideBySide />
    </>
  )
}

function Table({ of }: { of: Shown }) {
  const say = useText()
  const { number } = useFormat()
  const spans = useSpans()
  const last = of.bars.length - 1
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say(`widgets.step.${of.step}`)}</th>
          {names.map((name) => (
            <th key={name} scope="col" className={parts.number}>
              {say(`widgets.licence-usage.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {of.bars
          .map((bar, index) => [bar, index] as const)
          .toReversed()
          .map(([bar, index]) => (
            <tr key={bar.from}>
              <th scope="row" className={parts.name}>
                {spans.long(bar.from, bar.until, of.step)}
              </th>
              {names.map((name) => (
                <td key={name} className={parts.number}>
                  {index === last ? (
                    <Sum of={of.now[name]} label={say(`widgets.licence-usage.${name}`)} />
                  ) : bar.isCounted ? (
                    <span className="figures">{number(of[name][index]!)}</span>
                  ) : (
                    <span className="faint" title={say('widgets.not-kept')}>
                      <span aria-hidden="true">–</span>
                      <span className="sr-only">{say('widgets.not-kept')}</span>
                    </span>
                  )}
                </td>
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  )
}
