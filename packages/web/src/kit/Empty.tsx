import type { ReactNode } from 'react'
import { Icon, type IconName } from '../ui/icons.tsx'
import css from './Empty.module.css'
import { useText, type Label } from './text.tsx'

/** Teaches: what belongs here, and the one button that brings the first one (design.md). No title where the page's own says it already. */
export function Empty({ title, about, action, icon }: { title?: Label; about?: Label; action?: ReactNode; icon?: IconName }) {
  const say = useText()
  return (
    <div className={css.empty}>
      {icon && (
        <span className={css.icon}>
          <Icon name={icon} size={20} />
        </span>
      )}
      {title && <p className={css.title}>{say(title)}</p>}
      {about && <p className={css.about}>{say(about)}</p>}
      {action && <div className={css.action}>{action}</div>}
    </div>
  )
}
