import type { Summed } from '@vigie/domain/figures'
import { Link, paths, useFormat, useText } from '../../kit/index.ts'
import css from './parts.module.css'

/** What a column of rows adds up to, and the way to them; a dash where none of them says a number. */
export function Sum({ of, label }: { of: Summed; label?: string }) {
  const say = useText()
  const { number } = useFormat()
  if (of.sum === null)
    return (
      <span className="faint" title={say('widgets.not-reported')}>
        <span aria-hidden="true">–</span>
        <span className="sr-only">{say('widgets.not-reported')}</span>
      </span>
    )
  const words = number(of.sum)
  const look = `figures ${of.sum === 0 ? 'faint' : ''}`
  return of.rows === null ? (
    <span className={look}>{words}</span>
  ) : (
    <Link
      className={`${css.count} ${look}`}
      to={paths.rows(of.rows)}
      {...(label === undefined ? {} : { 'aria-label': `${words} ${label}` })}
    >
      {words}
    </Link>
  )
}
