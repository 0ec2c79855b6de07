import type { topCloudEdgeCustomers } from '@vigie/domain/figures'
import type * as z from 'zod'
import { Link, paths, useFormat, useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { Count } from '../parts/Count.tsx'
import { Pie } from '../parts/Pie.tsx'
import parts from '../parts/parts.module.css'

type Value = z.output<typeof topCloudEdgeCustomers.value>

/** Whose gateways told of the most: a number each, or shares of the whole. */
export function TopCloudEdgeCustomers({ value, options }: ViewProps<Value>) {
  return options.view === 'chart' ? <Shares value={value} /> : <Table value={value} />
}

function Table({ value }: { value: Value }) {
  const say = useText()
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say('common.customer')}</th>
          <th scope="col" className={parts.number}>
            {say('widgets.threat-count')}
          </th>
        </tr>
      </thead>
      <tbody>
        {value.customers.map((customer) => (
          <tr key={customer.id}>
            <th scope="row" className={parts.name}>
              <Link to={paths.customer({ customerId: customer.id })} title={customer.company}>
                {customer.company}
              </Link>
            </th>
            <td className={parts.number}>
              <Count of={customer} label={customer.company} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{say('widgets.all-gateways')}</th>
          <td className={parts.number}>
            <Count of={value.total} label={say('widgets.all-gateways')} />
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

/** The five by name, and everybody else as one piece. */
function Shares({ value }: { value: Value }) {
  const say = useText()
  const { number } = useFormat()
  const others = value.total.count - value.customers.reduce((sum, { count }) => sum + count, 0)
  return (
    <Pie
      total={number(value.total.count)}
      unit={say('widgets.threats-found')}
      pieces={[
        ...value.customers.map((customer, tone) => ({
          id: customer.id,
          name: customer.company,
          tone,
          count: customer.count,
          shown: <Count of={customer} label={customer.company} />,
        })),
        ...(others > 0
          ? [{ id: '', name: say('widgets.others'), tone: 5, count: others, shown: <span className="figures">{number(others)}</span> }]
          : []),
      ]}
    />
  )
}
