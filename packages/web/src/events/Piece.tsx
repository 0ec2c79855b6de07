import { createContext, useContext, type ReactNode } from 'react'
import { useText } from '../kit/index.ts'
import css from './events.module.css'

/** Below a panel's heading a piece is one level deeper than below a page's. */
export const PieceLevel = createContext<'h2' | 'h3'>('h2')

/** A titled part of an explanation. */
export function Piece({ title, children }: { title: string; children: ReactNode }) {
  const say = useText()
  const Heading = useContext(PieceLevel)
  return (
    <section className={css.part}>
      <Heading>{say(title)}</Heading>
      {children}
    </section>
  )
}
