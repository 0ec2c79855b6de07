import { useEffect, useRef } from 'react'
import { useActor } from '../kit/actor.ts'
import { useGo } from '../kit/address.ts'
import { isAllowed, sections } from './sections.ts'

/** Ctrl-K and `/` open the palette, `?` the list of keys, `g` and a letter goes to a section. Never while one types. */
export function useShortcuts(on: { palette(): void; help(): void }) {
  const go = useGo()
  const actor = useActor()
  const present = useRef({ on, go, actor })
  present.current = { on, go, actor }
  useEffect(() => {
    let afterG = 0
    const onKey = (event: KeyboardEvent) => {
      const now = present.current
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return now.on.palette()
      }
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const target = event.target as HTMLElement
      if (target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="listbox"]')) return
      if (event.key === '/') {
        event.preventDefault()
        now.on.palette()
      } else if (event.key === '?') {
        event.preventDefault()
        now.on.help()
      } else if (event.key === 'g') {
        afterG = event.timeStamp
      } else if (event.timeStamp - afterG < 1200) {
        afterG = 0
        const section = sections.find((one) => one.key === event.key && isAllowed(one, now.actor.can))
        if (section) {
          event.preventDefault()
          void now.go(section.to)
        }
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
