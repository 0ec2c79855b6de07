import type { Licence, LicenceKind } from '@vigie/domain/licences'
import { Glyph, StateTag, useFormat, useText } from '../kit/index.ts'
import css from './licences.module.css'

const tones = { expired: 'action-required', expiring: 'warning', valid: 'good' } as const

export const LicenceStateTag = ({ state }: Pick<Licence, 'state'>) => <StateTag label={`licence-state.${state}`} tone={tones[state]} />

export function LicenceKindWord({ kind }: { kind: LicenceKind }) {
  const say = useText()
  return <span className={kind === 'unknown' ? 'faint' : undefined}>{say(`licence-kind.${kind}`)}</span>
}

/** The day; to the second on hover. */
export function LicenceEnd({ expiresAt }: Pick<Licence, 'expiresAt'>) {
  const say = useText()
  const { day, exact } = useFormat()
  if (expiresAt === null) return <span className="faint">{say('licences.no-end')}</span>
  return (
    <time dateTime={expiresAt} title={exact(expiresAt)}>
      {day(expiresAt)}
    </time>
  )
}

/** A number of seats, or that the product names none; in use beyond what there are: said. */
export function Seats({ seats, beyond = null }: { seats: number | null; beyond?: number | null }) {
  const say = useText()
  const { number } = useFormat()
  if (seats === null)
    return (
      <span className="faint" title={say('licences.seats.unknown')}>
        <span aria-hidden="true">–</span>
        <span className="sr-only">{say('licences.seats.unknown')}</span>
      </span>
    )
  const isOver = beyond !== null && seats > beyond
  const words = isOver ? say('licences.seats.over', { count: seats - beyond }) : ''
  return (
    <span className={`figures ${css.seats}`} title={words || undefined} data-over={isOver || undefined}>
      {isOver && <Glyph sign="warning" size={12} />}
      {number(seats)}
      {isOver && <span className="sr-only">{words}</span>}
    </span>
  )
}
