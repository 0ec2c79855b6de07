import { useId } from 'react'
import css from './charts.module.css'
import { swatch } from './scale.ts'

/** What lies over a colour, on a 6 px tile: nothing, stripes one way, dots, the other way, lines, bars. */
const shapes = [null, 'M-1 7 7 -1M-1 1 1 -1M5 7 7 5', 'M3 2.2v1.6', 'M-1 -1 7 7M5 -1 7 1M-1 5 1 7', 'M0 3h6', 'M3 0v6'] as const

/** Fills of an SVG: colour and pattern by tone. Each drawing has patterns of its own: those of one that is hidden would draw nothing. */
export function useFills() {
  const id = `p${useId().replaceAll(/[^a-zA-Z0-9]/g, '')}`
  return {
    defs: (
      <defs>
        {shapes.map(
          (shape, index) =>
            shape && (
              <pattern key={index} id={`${id}-${index}`} width="6" height="6" patternUnits="userSpaceOnUse">
                <path d={shape} className={css.pattern} strokeWidth={index === 2 ? 2.4 : 1.4} />
              </pattern>
            ),
        )}
      </defs>
    ),
    colour: (tone: number) => css[`tone${swatch(tone).colour}`] ?? '',
    pattern: (tone: number): string | undefined =>
      shapes[swatch(tone).pattern] === null ? undefined : `url(#${id}-${swatch(tone).pattern})`,
  }
}

/** The same, beside a word. */
export function Swatch({ tone, isOff = false }: { tone: number; isOff?: boolean }) {
  const fills = useFills()
  const pattern = fills.pattern(tone)
  return (
    <svg className={css.swatch} width="12" height="12" aria-hidden="true" data-off={isOff || undefined}>
      {fills.defs}
      <rect width="12" height="12" rx="3" className={fills.colour(tone)} />
      {pattern && <rect width="12" height="12" rx="3" fill={pattern} />}
    </svg>
  )
}
