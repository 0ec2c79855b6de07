import { locales } from '@vigie/domain/kernel'
import { useEffect, type ReactNode } from 'react'
import { languageNames, useChangeLanguage, useText, type Label } from '../kit/text.tsx'
import { Mark } from '../ui/icons.tsx'
import css from './Gate.module.css'

/** Frame of the pages before the shell: who we are, one thing to do, and in which language. */
export function Gate({
  title,
  about,
  wide = false,
  children,
  footer,
}: {
  title: Label
  about?: Label
  wide?: boolean
  children: ReactNode
  footer?: ReactNode
}) {
  const say = useText()
  const change = useChangeLanguage()
  const words = say(title)
  useEffect(() => {
    document.title = `${words} · Vigie`
  }, [words])
  return (
    <div className={css.gate}>
      <header className={css.brand}>
        <Mark size={24} />
        <span>Vigie</span>
      </header>
      <main className={`${css.box} ${wide ? css.wide : ''}`}>
        <h1>{words}</h1>
        {about && <p className={css.about}>{say(about)}</p>}
        {children}
        <div id="over" />
      </main>
      {footer && <footer className={css.footer}>{footer}</footer>}
      <nav className={css.languages} aria-label={say('access.languages')}>
        {locales.map((locale) => (
          <button key={locale} type="button" lang={locale} aria-pressed={say.locale === locale} onClick={() => void change(locale)}>
            {languageNames[locale]}
          </button>
        ))}
      </nav>
    </div>
  )
}
