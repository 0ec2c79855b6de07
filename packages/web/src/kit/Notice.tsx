import type { ReactNode } from 'react'
import css from './Notice.module.css'
import { Glyph } from './Severity.tsx'
import { useText, type Label } from './text.tsx'

/** A standing remark in a page. Severe ones carry their glyph; `plain` teaches. */
export function Notice({
  tone = 'plain',
  title,
  children,
  action,
}: {
  tone?: 'plain' | 'warning' | 'action-required' | 'pending'
  title?: Label
  children?: ReactNode
  action?: ReactNode
}) {
  const say = useText()
  return (
    <div className={`${css.notice} ${css[tone] ?? ''}`}>
      {tone !== 'plain' && (
        <span className={css.glyph}>
          <Glyph sign={tone} size={16} />
        </span>
      )}
      <div className={css.words}>
        {title && <p className={css.title}>{say(title)}</p>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  )
}
