import { useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useActor } from '../kit/actor.ts'
import { Link } from '../kit/Link.tsx'
import { useLiveState } from '../kit/live.ts'
import { paths } from '../kit/paths.ts'
import { useText } from '../kit/text.tsx'
import { Icon, Mark } from '../ui/icons.tsx'
import css from './Shell.module.css'
import { administration, isAllowed, sections } from './sections.ts'

export function Rail({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const say = useText()
  const actor = useActor()
  const { pathname } = useLocation()
  const live = useLiveState()
  const rail = useRef<HTMLElement>(null)
  const isIn = (to: string) =>
    pathname === to || pathname.startsWith(`${to}/`) || (to === paths.customers() && pathname.startsWith('/products'))
  // some of its pages have addresses of their own
  const isAdministration = isIn(paths.administration()) || administration.some(({ to }) => isIn(to))

  // On a phone the rail lies over the page: focus goes in, Escape closes.
  useEffect(() => {
    if (!isOpen) return
    rail.current?.querySelector<HTMLElement>('a')?.focus()
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && onClose()
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [isOpen, onClose])

  return (
    <>
      <nav className={css.rail} aria-label={say('shell.navigation')} ref={rail} id="rail">
        <Link to={paths.home()} className={css.brand} aria-label="Vigie">
          <Mark />
          <span className={css.word}>Vigie</span>
        </Link>
        <ul className={css.sections}>
          {sections
            .filter((section) => isAllowed(section, actor.can))
            .map((section) => (
              <li key={section.to}>
                <Link
                  to={section.to}
                  className={css.section}
                  aria-current={
                    isIn(section.to) || (isAdministration && section.to === paths.administration())
                      ? pathname === section.to
                        ? 'page'
                        : 'true'
                      : undefined
                  }
                  title={say(section.label)}
                  onClick={() => isOpen && onClose()}
                >
                  <Icon name={section.icon} />
                  <span className={css.word}>{say(section.label)}</span>
                </Link>
                {section.to === paths.administration() && isAdministration && (
                  <ul className={css.sub}>
                    {administration
                      .filter((page) => isAllowed(page, actor.can))
                      .map((page) => (
                        <li key={page.to}>
                          <Link
                            to={page.to}
                            className={css.subSection}
                            aria-current={isIn(page.to) ? 'page' : undefined}
                            onClick={() => isOpen && onClose()}
                          >
                            {say(page.label)}
                          </Link>
                        </li>
                      ))}
                  </ul>
                )}
              </li>
            ))}
        </ul>
        <p className={css.live} role="status">
          {live === 'lost' && (
            <>
              <span className={css.lost} aria-hidden="true" />
              <span>{say('shell.connection-lost')}</span>
            </>
          )}
        </p>
      </nav>
      {isOpen && <button type="button" className={css.veil} aria-label={say('kit.close')} onClick={onClose} />}
    </>
  )
}
