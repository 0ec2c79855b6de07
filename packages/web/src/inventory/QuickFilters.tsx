import { useQuery } from '@tanstack/react-query'
import { silentAfterDays } from '@vigie/domain/products'
import { Glyph, Link, useAddress, useFormat, useText, type Sign } from '../kit/index.ts'
import { inventorySummary } from './EndpointTable.tsx'
import css from './inventory.module.css'

interface Quick {
  figure: 'unprotected' | 'infected' | 'outdated' | 'silent'
  key: string
  value: string
  sign: Sign
}
const quick: readonly Quick[] = [
  { figure: 'infected', key: 'isInfected', value: 'true', sign: 'action-required' },
  { figure: 'unprotected', key: 'isUnprotected', value: 'true', sign: 'action-required' },
  { figure: 'outdated', key: 'isOutdated', value: 'true', sign: 'warning' },
  { figure: 'silent', key: 'silentDays', value: String(silentAfterDays), sign: 'unknown' },
]

/** INV-1: what one comes to look for, how much of it there is, a click away; pressed again it is taken back. Counted within the chosen customer. */
export function QuickFilters() {
  const say = useText()
  const { number } = useFormat()
  const { search } = useAddress()
  const about = search['customerId'] ? { customerId: search['customerId'] } : {}
  const { data } = useQuery({ ...inventorySummary(about), refetchInterval: 30_000 })
  return (
    <nav className={css.quick} aria-label={say('inventory.quick')}>
      {quick.map(({ figure, key, value, sign }) => {
        const isOn = search[key] === value
        const count = data?.[figure]
        return (
          <Link
            key={figure}
            className={css.quickOne}
            to={`?${new URLSearchParams({ [key]: isOn ? '' : value, cursor: '', page: '' })}`}
            aria-current={isOn ? 'true' : undefined}
          >
            <Glyph sign={count && count.count > 0 ? sign : 'fine'} />
            <span>{say(`inventory.quick.${figure}`, { days: silentAfterDays })}</span>
            <strong className="figures">{count === undefined ? '…' : `${number(count.count)}${count.isMore ? '+' : ''}`}</strong>
          </Link>
        )
      })}
    </nav>
  )
}
