import type { Locale } from '@vigie/domain/kernel'
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react'
import { bringPart, loadAnew } from '../kit/anew.ts'
import { isMissingPart } from '../kit/parts.ts'
import { LanguageProvider, speaker } from '../kit/text.tsx'
import { isWhole, loadCatalogue, loadRest, localeNow, type Catalogue } from '../text/load.ts'

interface Spoken {
  locale: Locale
  timeZone: string
  /** Grows in place when more is brought. */
  catalogue: Catalogue
}

/** Before anybody signed in: the language this browser last used here, or else asks for. */
export async function startLanguage(): Promise<Spoken> {
  const locale = localeNow()
  return { locale, timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', catalogue: await loadCatalogue(locale) }
}

/**
 * A first load carries what the first screens say. The rest comes a moment after the first screen is drawn (`Shell`), or as soon as a word of it is wanted: then what is drawn is
 * drawn anew with it. So a piece of a screen need not know where its words are; one that opens later than the first paint only draws without a gap if it waits for `loadRest`.
 */
export function Language({ start, children }: { start: Spoken; children: ReactNode }) {
  const [spoken, setSpoken] = useState(start)
  const [drawn, setDrawn] = useState(0)
  const isWanted = useRef(false)
  const askRest = useCallback(() => {
    if (isWhole(spoken.locale)) return false
    if (!isWanted.current) {
      isWanted.current = true
      // not while a component is being drawn; what failed is asked for again by the next word that is missing
      queueMicrotask(
        () =>
          void loadRest(spoken.locale)
            .then(
              () => setDrawn((count) => count + 1),
              (error: unknown) => void (isMissingPart(error) && loadAnew()),
            )
            .finally(() => (isWanted.current = false)),
      )
    }
    return true
  }, [spoken.locale])
  const say = useMemo(() => speaker(spoken.locale, spoken.timeZone, spoken.catalogue, askRest), [spoken, askRest, drawn]) // oxlint-disable-line react-hooks/exhaustive-deps -- another speaker is how everything is drawn anew
  const change = useCallback(async (locale: Locale, timeZone?: string) => {
    const isOther = locale !== localeNow()
    if (isOther) await bringPart(() => loadRest(locale)) // what is on the screen may speak from all of it
    const catalogue = await loadCatalogue(locale)
    document.documentElement.lang = locale
    try {
      localStorage.setItem('vigie.locale', locale)
    } catch {
      // a browser that keeps nothing asks its own language again
    }
    setSpoken((present) =>
      present.locale === locale && (timeZone ?? present.timeZone) === present.timeZone
        ? present
        : { locale, timeZone: timeZone ?? present.timeZone, catalogue },
    )
  }, [])
  const value = useMemo(() => ({ say, change }), [say, change])
  return <LanguageProvider value={value}>{children}</LanguageProvider>
}
