import type { AddressSpan } from '@vigie/domain/products'
import { useState } from 'react'
import { Button, useFormat, useText } from '../kit/index.ts'
import css from './inventory.module.css'

/** So many are shown at first. */
const few = 6

/** INV-1: where the endpoint was, the latest first. Nothing where it always was at the same addresses, or where they may not be seen. */
export function AddressHistory({ history }: { history: readonly AddressSpan[] | null }) {
  const say = useText()
  const { day } = useFormat()
  const [isWhole, setWhole] = useState(false)
  if (history === null || history.every(({ isCurrent }) => isCurrent)) return null
  const shown = isWhole ? history : history.slice(0, few)
  const when = ({ firstSeenAt, lastSeenAt, isCurrent }: AddressSpan) => {
    const [from, until] = [day(firstSeenAt), day(lastSeenAt)]
    return isCurrent ? say('inventory.address.since', { from }) : from === until ? from : say('inventory.address.between', { from, until })
  }
  return (
    <div>
      <h3>{say('inventory.address-history')}</h3>
      <ul className={css.places}>
        {shown.map((span) => (
          <li key={span.address}>
            <span className="mono">{span.address}</span>
            <span className={span.isCurrent ? undefined : 'faint'}>{when(span)}</span>
          </li>
        ))}
      </ul>
      {history.length > few && !isWhole && (
        <Button size="small" onClick={() => setWhole(true)}>
          {say('inventory.address-history.all', { count: history.length })}
        </Button>
      )}
    </div>
  )
}
