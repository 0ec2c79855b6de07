import { useEffect } from 'react'

/** Where focus has been, newest last. A menu's item is gone when the dialog it opened closes: then the menu's own button is the place to return to. */
const trail: HTMLElement[] = []
if (typeof document !== 'undefined') {
  document.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return
    const known = trail.indexOf(target)
    if (known >= 0) trail.splice(known, 1)
    trail.push(target)
    if (trail.length > 12) trail.shift()
  })
}

/** While mounted something else has the focus; afterwards it returns to the last place outside that still is there and can be seen. */
export function useFocusReturn(): void {
  useEffect(() => {
    const before = [...trail]
    return () => {
      const place = before.findLast((element) => element.isConnected && element.getClientRects().length > 0 && element !== document.body)
      place?.focus()
    }
  }, [])
}
