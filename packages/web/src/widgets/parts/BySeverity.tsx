import type { Counted } from '@vigie/domain/figures'
import { Glyph, Link, paths, useFormat, useText } from '../../kit/index.ts'
import css from './parts.module.css'

/** How many require action, how many warn: glyph and number, each the way to its rows; none is a dash. */
export function BySeverity({ actionRequired, warning }: { actionRequired: Counted; warning: Counted }) {
  return (
    <>
      <td className={css.number}>
        <One sign="action-required" of={actionRequired} />
      </td>
      <td className={css.number}>
        <One sign="warning" of={warning} />
      </td>
    </>
  )
}

/** Their headings: words where there is room, else the glyphs. */
export function SeverityHeads() {
  const say = useText()
  return (['action-required', 'warning'] as const).map((sign) => (
    <th key={sign} scope="col" className={css.number} title={say(`severity.${sign}`)}>
      <span className={css.sign}>
        <Glyph sign={sign} />
      </span>
      <span className={css.word}>{say(`severity.${sign}`)}</span>
    </th>
  ))
}

function One({ sign, of }: { sign: 'action-required' | 'warning'; of: Counted }) {
  const say = useText()
  const { number } = useFormat()
  if (of.count === 0) return <span className="faint figures">0</span>
  const content = (
    <>
      <Glyph sign={sign} />
      <span className="figures">{number(of.count)}</span>
      <span className="sr-only">{say(`severity.${sign}`)}</span>
    </>
  )
  return of.rows === null ? (
    <span className={css.signed} data-sign={sign}>
      {content}
    </span>
  ) : (
    <Link className={css.signed} data-sign={sign} to={paths.rows(of.rows)} title={say(`severity.${sign}`)}>
      {content}
    </Link>
  )
}
