import type { customersNeedingAttention } from '@vigie/domain/figures'
import { Fragment, useState } from 'react'
import type * as z from 'zod'
import { Icon, Link, paths, useActor, useFormat, useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { BySeverity, SeverityHeads } from '../parts/BySeverity.tsx'
import { categoryName } from '../parts/names.ts'
import { Pie } from '../parts/Pie.tsx'
import parts from '../parts/parts.module.css'
import css from './attention.module.css'

type Value = z.output<typeof customersNeedingAttention.value>

/** Who first: by what requires action, then by warnings; each opened up to its categories. */
export function CustomersNeedingAttention({ value, options }: ViewProps<Value>) {
  const say = useText()
  const { number } = useFormat()
  return (
    <div className={css.whole}>
      {options.view === 'chart' ? <Shares value={value} /> : <Table value={value} />}
      {value.customers.count > value.top.length && value.customers.rows !== null && (
        <p className={css.rest}>
          <Link to={paths.rows(value.customers.rows)}>
            {say('widgets.customers-needing-attention.all', { count: value.customers.count, number: number(value.customers.count) })}
          </Link>
        </p>
      )}
    </div>
  )
}

const addressOf = (customerId: string, mayReadEvents: boolean) => paths.customer({ customerId, tab: mayReadEvents ? 'events' : undefined })

function Table({ value }: { value: Value }) {
  const say = useText()
  const mayReadEvents = useActor().can('event.read')
  const [opened, setOpened] = useState<readonly string[]>([])
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say('common.customer')}</th>
          <SeverityHeads />
        </tr>
      </thead>
      <tbody>
        {value.top.map((customer) => {
          const isOpen = opened.includes(customer.id)
          return (
            <Fragment key={customer.id}>
              <tr>
                <th scope="row" className={parts.name}>
                  <span className={parts.opened}>
                    <button
                      type="button"
                      className={parts.twist}
                      aria-expanded={isOpen}
                      aria-label={say(isOpen ? 'widgets.fold' : 'widgets.unfold', { name: customer.company })}
                      onClick={() => setOpened(isOpen ? opened.filter((id) => id !== customer.id) : [...opened, customer.id])}
                    >
                      <Icon name="chevronRight" size={12} />
                    </button>
                    <Link to={addressOf(customer.id, mayReadEvents)} title={customer.company}>
                      {customer.company}
                    </Link>
                  </span>
                </th>
                <BySeverity actionRequired={customer.actionRequired} warning={customer.warning} />
              </tr>
              {isOpen &&
                customer.categories.map((one) => (
                  <tr key={one.category} className={parts.nested}>
                    <th scope="row" className={parts.name}>
                      {categoryName(say, one.category)}
                    </th>
                    <BySeverity actionRequired={one.actionRequired} warning={one.warning} />
                  </tr>
                ))}
            </Fragment>
          )
        })}
      </tbody>
    </table>
  )
}

/** All open events: the five by name, and everybody else as one piece. */
function Shares({ value }: { value: Value }) {
  const say = useText()
  const { number } = useFormat()
  const mayReadEvents = useActor().can('event.read')
  const all = value.actionRequired.count + value.warning.count
  const top = value.top.map((customer, tone) => ({
    id: customer.id,
    name: customer.company,
    tone,
    count: customer.actionRequired.count + customer.warning.count,
  }))
  const others = all - top.reduce((sum, { count }) => sum + count, 0)
  const pieces = [...top, ...(others > 0 ? [{ id: '', name: say('widgets.others'), tone: 5, count: others }] : [])]
  return (
    <Pie
      total={number(all)}
      unit={say('widgets.open-events')}
      pieces={pieces.map((piece) => ({
        ...piece,
        shown:
          piece.id === '' ? (
            <span className="figures">{number(piece.count)}</span>
          ) : (
            <Link className="figures" aria-label={`${piece.name}: ${number(piece.count)}`} to={addressOf(piece.id, mayReadEvents)}>
              {number(piece.count)}
            </Link>
          ),
      }))}
    />
  )
}
