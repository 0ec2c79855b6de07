import type { Counted } from '@vigie/domain/figures'
import { Link, paths, useFormat } from '../../kit/index.ts'
import css from './parts.module.css'

/** A number, and the way to exactly its rows where one may go there. */
export function Count({ of, label, className = '' }: { of: Counted; label?: string; className?: string }) {
  const { number } = useFormat()
  const words = number(of.count)
  const look = `figures ${of.count === 0 ? 'faint' : ''} ${className}`
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
