import { createContext, useContext, type ReactNode } from 'react'
import { useText } from '../../kit/index.ts'
import css from './charts.module.css'
import { Swatch } from './Patterns.tsx'

interface Entry {
  id: string
  name: string
  tone: number
  /** Its number, with the way to its rows. */
  count?: ReactNode
}
/** True where nothing can be pressed: a legend says what is what, and that is all. */
export const Unpressable = createContext(false)

/** What each colour and pattern is. With `toggle` each can be switched off and on again. */
export function Legend({
  entries,
  hidden,
  toggle,
}: {
  entries: readonly Entry[]
  hidden?: readonly string[]
  toggle?: (id: string) => void
}) {
  const say = useText()
  const isUnpressable = useContext(Unpressable)
  return (
    <ul className={css.legend}>
      {entries.map(({ id, name, tone, count }) => {
        const isOff = hidden?.includes(id) ?? false
        const content = (
          <>
            <Swatch tone={tone} isOff={isOff} />
            <span>{name}</span>
          </>
        )
        return (
          <li key={id} data-off={isOff || undefined}>
            {toggle && !isUnpressable ? (
              <button
                type="button"
                aria-pressed={!isOff}
                title={say(isOff ? 'widgets.show-series' : 'widgets.hide-series', { series: name })}
                onClick={() => toggle(id)}
              >
                {content}
              </button>
            ) : (
              content
            )}
            {count}
          </li>
        )
      })}
    </ul>
  )
}

/** Whoever switches the last one off sees them all again. */
export const toggled = (hidden: readonly string[] | undefined, id: string, all: readonly string[]): string[] => {
  const next = hidden?.includes(id) ? hidden.filter((one) => one !== id) : [...(hidden ?? []), id]
  return all.every((one) => next.includes(one)) ? [] : next
}
