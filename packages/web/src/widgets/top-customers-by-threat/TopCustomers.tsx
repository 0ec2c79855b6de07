import type { topCustomersByThreat } from '@vigie/domain/figures'
import type * as z from 'zod'
import { Link, paths, useText } from '../../kit/index.ts'
import { Legend } from '../charts/Legend.tsx'
import { Meter } from '../charts/Meter.tsx'
import type { ViewProps } from '../define.ts'
import { Count } from '../parts/Count.tsx'
import { categoryName, toneOfCategory } from '../parts/names.ts'
import parts from '../parts/parts.module.css'
import css from './top.module.css'

type Value = z.output<typeof topCustomersByThreat.value>

/** Customers with the most detections, and of which category they are. */
export function TopCustomers({ value, options }: ViewProps<Value>) {
  const say = useText()
  const categories = [...new Set(value.customers.flatMap((customer) => customer.categories.map(({ category }) => category)))].toSorted(
    (a, b) => toneOfCategory(a) - toneOfCategory(b),
  )
  if (options.view === 'table') return <Table value={value} categories={categories} />
  const most = Math.max(...value.customers.map(({ count }) => count))
  return (
    <div className={css.whole}>
      <Legend
        entries={categories.map((category) => ({ id: category, name: categoryName(say, category), tone: toneOfCategory(category) }))}
      />
      <ul className={css.list}>
        {value.customers.map((customer) => (
          <li key={customer.id}>
            <Link to={paths.customer({ customerId: customer.id })} title={customer.company}>
              {customer.company}
            </Link>
            <Meter
              most={most}
              parts={categories.flatMap((category) =>
                customer.categories
                  .filter((one) => one.category === category)
                  .map(({ count }) => ({ id: category, tone: toneOfCategory(category), count })),
              )}
            />
            <Count of={customer} label={customer.company} />
          </li>
        ))}
      </ul>
    </div>
  )
}

function Table({ value, categories }: { value: Value; categories: readonly string[] }) {
  const say = useText()
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say('common.customer')}</th>
          {categories.map((category) => (
            <th key={category} scope="col" className={parts.number}>
              {categoryName(say, category)}
            </th>
          ))}
          <th scope="col" className={parts.number}>
            {say('widgets.sum')}
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
            {categories.map((category) => {
              const cell = customer.categories.find((one) => one.category === category)
              return (
                <td key={category} className={parts.number}>
                  {cell ? (
                    <Count of={cell} label={`${customer.company}, ${categoryName(say, category)}`} />
                  ) : (
                    <span className="faint">0</span>
                  )}
                </td>
              )
            })}
            <td className={parts.number}>
              <Count of={customer} label={customer.company} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
