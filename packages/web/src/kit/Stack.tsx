import type { ReactNode } from 'react'
import css from './Stack.module.css'

/** Things under each other, 20 px apart (8 px when tight). */
export const Stack = ({ children, tight = false }: { children: ReactNode; tight?: boolean }) => (
  <div className={`${css.stack} ${tight ? css.tight : ''}`}>{children}</div>
)
/** Things beside each other that wrap: buttons, tags. */
export const Line = ({ children }: { children: ReactNode }) => <div className={css.line}>{children}</div>
