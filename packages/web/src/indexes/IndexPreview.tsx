import { categoryById, leastKept } from '@vigie/domain/categories'
import { eventsApi } from '@vigie/domain/events'
import type { ReplyOf } from '@vigie/domain/kernel'
import { useState } from 'react'
import { api, Button, Link, paths, trouble, useFormat, useText } from '../kit/index.ts'
import type { Whose } from './groups.ts'
import css from './indexes.module.css'

type Preview = ReplyOf<typeof eventsApi.previewIndex>
interface Props {
  category: string
  name: string
  /** The new value; null: what is typed is none. */
  value: number | null
  whose: Whose
}

/** EVT-7: what the last 90 days would have raised with the value that is typed, before it is saved. */
export function IndexPreview({ category, name, value, whose }: Props) {
  const say = useText()
  const [seen, setSeen] = useState<{ value: number; preview: Preview } | null>(null)
  const [isBusy, setBusy] = useState(false)
  const known = categoryById.get(category)
  if (value === null || known === undefined) return null
  const least = leastKept(known, name)
  const look = async () => {
    setBusy(true)
    try {
      setSeen({ value, preview: await api(eventsApi.previewIndex).call({ query: { category, name, value, ...whose } }) })
    } catch (error) {
      trouble(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className={css.preview}>
      {least !== null && value < least && <p className="quiet">{say('indexes.preview.from', { least })}</p>}
      {seen?.value === value ? (
        <Outcome preview={seen.preview} isOfOne={whose.customerId !== undefined} />
      ) : (
        <Button size="small" kind="quiet" isBusy={isBusy} onClick={() => void look()}>
          {say('indexes.preview')}
        </Button>
      )}
    </div>
  )
}

function Outcome({ preview, isOfOne }: { preview: Preview; isOfOne: boolean }) {
  const say = useText()
  const { day, number } = useFormat()
  return (
    <div role="status">
      <p>
        {say('indexes.preview.sum', { present: preview.present, proposed: preview.proposed })}{' '}
        <span className="quiet">{say('indexes.preview.since', { date: day(preview.since) })}</span>
      </p>
      {!isOfOne && preview.rows.length > 0 && (
        <table className={css.previewTable}>
          <thead>
            <tr>
              <th scope="col">{say('indexes.preview.customer')}</th>
              <th scope="col">{say('indexes.preview.present')}</th>
              <th scope="col">{say('indexes.preview.proposed')}</th>
            </tr>
          </thead>
          <tbody>
            {preview.rows.slice(0, 10).map((row) => (
              <tr key={row.customerId}>
                <td>
                  <Link to={paths.customer({ customerId: row.customerId })}>{row.company}</Link>
                </td>
                <td className="figures">{number(row.present)}</td>
                <td className="figures">{number(row.proposed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!isOfOne && preview.customerCount > 10 && (
        <p className="quiet">{say('indexes.preview.more', { count: preview.customerCount - 10 })}</p>
      )}
    </div>
  )
}
