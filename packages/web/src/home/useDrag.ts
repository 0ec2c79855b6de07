import { useEffect, useRef, useState, type PointerEvent } from 'react'

export interface Drag {
  id: string
  /** Beside which one it would go; null: where it is. */
  target: { id: string; side: 'before' | 'after' } | null
  /** Of the pointer, in the window. */
  x: number
  y: number
}

/** px that a press may move and still be a press. */
const slack = 5
/** px from the window's edge where it scrolls by itself. */
const edge = 48

/**
 * Moves things of one list among each other by pointer, finger included. The others stay where they are and a line shows where it would go: a grid that rearranged itself under the pointer
 * would jump between two states. Elements carry `data-drag="<kind> <id>"`. Escape gives up.
 * @param onDrop `beforeId` null: at the end
 */
export function useDrag(kind: string, ids: readonly string[], onDrop: (id: string, beforeId: string | null) => void) {
  const [drag, setDrag] = useState<Drag | null>(null)
  const start = useRef<{ id: string; x: number; y: number } | null>(null)
  const present = useRef({ drag, ids, onDrop })
  present.current = { drag, ids, onDrop }
  const isOn = drag !== null

  useEffect(() => {
    if (!isOn) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      event.stopPropagation()
      start.current = null
      setDrag(null)
    }
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [isOn])

  const over = (id: string, x: number, y: number): Drag['target'] => {
    const element = document.elementFromPoint(x, y)?.closest<HTMLElement>(`[data-drag^="${kind} "]`)
    const other = element?.dataset['drag']?.slice(kind.length + 1)
    if (!element || other === undefined || other === id) return null
    const box = element.getBoundingClientRect()
    // what fills its row goes above or below, else left or right
    const isRow = box.width > (element.parentElement?.clientWidth ?? 0) * 0.75
    const side = (isRow ? y < box.top + box.height / 2 : x < box.left + box.width / 2) ? 'before' : 'after'
    const order = present.current.ids
    const isSame = order.indexOf(other) === order.indexOf(id) + (side === 'before' ? 1 : -1)
    return isSame ? null : { id: other, side }
  }

  const grip = (id: string) => ({
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      start.current = { id, x: event.clientX, y: event.clientY }
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const from = start.current
      if (!from) return
      const { clientX: x, clientY: y } = event
      if (!present.current.drag && Math.hypot(x - from.x, y - from.y) < slack) return
      if (y < edge) window.scrollBy(0, -12)
      else if (y > window.innerHeight - edge) window.scrollBy(0, 12)
      setDrag({ id: from.id, x, y, target: over(from.id, x, y) })
    },
    onPointerUp: () => {
      const { drag: last, ids: order, onDrop: drop } = present.current
      const wasOn = start.current !== null
      start.current = null
      setDrag(null)
      if (!wasOn || !last?.target) return
      const at = order.indexOf(last.target.id)
      const rest = order.slice(last.target.side === 'before' ? at : at + 1).filter((one) => one !== last.id)
      drop(last.id, rest[0] ?? null)
    },
    onPointerCancel: () => {
      start.current = null
      setDrag(null)
    },
  })
  return { drag, grip }
}
