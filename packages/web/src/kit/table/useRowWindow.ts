import { useEffect, useState, type RefObject } from 'react'

/** Beyond this many rows only those in sight are drawn (design.md). */
export const windowFrom = 200
const overscan = 12

/**
 * Rows are all of one height, so what is in sight is a division. @returns the first row to draw and how many; the space of the others above and
 * below, px
 */
export function useRowWindow(scroller: RefObject<HTMLElement | null>, count: number) {
  const isOn = count > windowFrom
  const [sight, setSight] = useState({ top: 0, height: 900, row: 37 })
  useEffect(() => {
    const element = scroller.current
    if (!isOn || !element) return
    const measure = () => {
      const row = element.querySelector('[data-row]')?.getBoundingClientRect().height ?? 37
      setSight((present) => {
        const next = { top: element.scrollTop, height: element.clientHeight, row }
        return Math.abs(next.top - present.top) < row && next.height === present.height && next.row === present.row ? present : next
      })
    }
    measure()
    element.addEventListener('scroll', measure, { passive: true })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', measure)
      observer.disconnect()
    }
  }, [scroller, isOn])
  if (!isOn) return { isOn, first: 0, drawn: count, above: 0, below: 0, reveal: () => {} }
  const first = Math.max(0, Math.min(count - 1, Math.floor(sight.top / sight.row)) - overscan)
  const drawn = Math.min(count - first, Math.ceil(sight.height / sight.row) + 2 * overscan)
  return {
    isOn,
    first,
    drawn,
    above: first * sight.row,
    below: (count - first - drawn) * sight.row,
    reveal: (index: number) => {
      const element = scroller.current
      if (!element) return
      if (index * sight.row < element.scrollTop) element.scrollTop = index * sight.row
      else if ((index + 2) * sight.row > element.scrollTop + element.clientHeight)
        element.scrollTop = (index + 2) * sight.row - element.clientHeight
    },
  }
}
