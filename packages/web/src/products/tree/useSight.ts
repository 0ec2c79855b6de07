import { useEffect, useState, type RefObject } from 'react'

const overscan = 12

/** All lines are of one height, so what is in sight is a division. @returns the first line to draw, how many, and the space of the others, px */
export function useSight(scroller: RefObject<HTMLElement | null>, count: number, lineHeight: number) {
  const [sight, setSight] = useState({ top: 0, height: 700 })
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = () =>
      setSight((present) => {
        const next = { top: element.scrollTop, height: element.clientHeight }
        return Math.abs(next.top - present.top) < lineHeight && next.height === present.height ? present : next
      })
    measure()
    element.addEventListener('scroll', measure, { passive: true })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', measure)
      observer.disconnect()
    }
  }, [scroller, lineHeight])
  const first = Math.max(0, Math.min(count - 1, Math.floor(sight.top / lineHeight) - overscan))
  const drawn = Math.max(0, Math.min(count - first, Math.ceil(sight.height / lineHeight) + 2 * overscan))
  const reveal = (index: number) => {
    const element = scroller.current
    if (!element) return
    if (index * lineHeight < element.scrollTop) element.scrollTop = index * lineHeight
    else if ((index + 1) * lineHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (index + 1) * lineHeight - element.clientHeight
  }
  return { first, drawn, above: first * lineHeight, below: (count - first - drawn) * lineHeight, reveal }
}
