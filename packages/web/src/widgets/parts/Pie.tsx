import type { ReactNode } from 'react'
import { Legend } from '../charts/Legend.tsx'
import { Ring } from '../charts/Ring.tsx'
import css from './pie.module.css'

export interface Piece {
  id: string
  name: string
  tone: number
  count: number
  /** Its number as it is shown: with the way to its rows. */
  shown: ReactNode
}

/** A ring and, beside it, what its pieces are and how many. */
export function Pie({ pieces, total, unit }: { pieces: readonly Piece[]; total: string; unit: string }) {
  return (
    <div className={css.pie}>
      <Ring parts={pieces} total={total} unit={unit} />
      <Legend entries={pieces.map(({ id, name, tone, shown }) => ({ id, name, tone, count: shown }))} />
    </div>
  )
}
