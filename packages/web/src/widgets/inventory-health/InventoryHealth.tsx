import type { inventoryHealth } from '@vigie/domain/figures'
import type * as z from 'zod'
import { Glyph, Link, paths, useFormat, useText, type Sign } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import css from './health.module.css'

/** The worst first; what nobody has heard from is not known to be bad. */
const kinds = [
  ['infected', 'action-required'],
  ['unprotected', 'warning'],
  ['outdated', 'warning'],
  ['silent', 'unknown'],
] as const satisfies readonly (readonly [string, Sign])[]

/** Four questions to all endpoints, each number the way to those. One endpoint may stand in several. */
export function InventoryHealth({ value }: ViewProps<z.output<typeof inventoryHealth.value>>) {
  const say = useText()
  const { number, percent } = useFormat()
  const all = say('widgets.inventory-health.all', { count: value.total.count })
  return (
    <>
      <ul className={css.tiles}>
        {kinds.map(([kind, sign]) => {
          const { count, rows } = value[kind]
          const content = (
            <>
              <span className={css.number}>
                {count > 0 && <Glyph sign={sign} size={16} />}
                {number(count)}
              </span>
              <span className={css.word}>{say(`widgets.inventory-health.${kind}`)}</span>
              <span className={css.share}>{count > 0 ? percent(count / value.total.count) : ''}</span>
            </>
          )
          const look = { className: css.tile, 'data-some': count > 0 || undefined }
          return (
            <li key={kind}>
              {rows === null ? (
                <div {...look}>{content}</div>
              ) : (
                <Link {...look} to={paths.rows(rows)}>
                  {content}
                </Link>
              )}
            </li>
          )
        })}
      </ul>
      <p className={css.total}>{value.total.rows === null ? all : <Link to={paths.rows(value.total.rows)}>{all}</Link>}</p>
    </>
  )
}
