import { locales, type Locale } from '@vigie/domain/kernel'
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { LanguageProvider, speaker, type Speaker } from '../kit/text.tsx'
import { loadCatalogue, loadRest } from '../text/load.ts'

const isLocale = (text: string): text is Locale => (locales as readonly string[]).includes(text)

/** Before anybody signed in: the language this browser last used here, or else asks for. */
export function firstLocale(): Locale {
  const { lang } = document.documentElement // first-paint.js has decided
  return isLocale(lang) ? lang : 'en'
}
const browserZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export async function startLanguage(): Promise<Speaker> {
  const locale = firstLocale()
  return speaker(locale, browserZone(), await loadCatalogue(locale))
}

export function Language({ start, children }: { start: Speaker; children: ReactNode }) {
  const [say, setSay] = useState<Speaker>(() => start)
  // After the first screen is drawn, the rest; what of it stands on this screen already is drawn anew.
  useEffect(() => {
    let isGone = false
    loadRest(say.locale)
      .then(() => loadCatalogue(say.locale))
      .then((catalogue) => !isGone && setSay((present: Speaker) => (present.locale === say.locale ? speaker(present.locale, present.timeZone, catalogue) : present)), () => {}) // a screen that needs it asks again, and says so
    return () => {
      isGone = true
    }
  }, [say.locale])
  const change = useCallback(async (locale: Locale, timeZone?: string) => {
    await loadRest(locale)
    const catalogue = await loadCatalogue(locale)
    document.documentElement.lang = locale
    try {
      localStorage.setItem('vigie.locale', locale)
    } catch {
      // a browser that keeps nothing asks its own language again
    }
    setSay((present: Speaker) => (present.locale === locale && (timeZone ?? present.timeZone) === present.timeZone ? present : speaker(locale, timeZone ?? present.timeZone, catalogue)))
  }, [])
  const value = useMemo(() => ({ say, change }), [say, change])
  return <LanguageProvider value={value}>{children}</LanguageProvider>
}
