import { useEffect, useRef, useState } from 'react'

interface Rows {
  tableId: string
  count: number
  open(index: number): void
  /** `isRange`: all from the one before. */
  toggle(index: number, isRange: boolean): void
  /** Brings a virtual row into being. */
  reveal(index: number): void
}

/** j and k (or arrows, once in the table) go through the rows, Enter opens, x ticks (with shift: all from the one ticked before). Works from anywhere on the page but a field or dialog. */
export function useRowKeys(rows: Rows) {
  const [active, setActive] = useState<number | null>(null)
  const present = useRef({ rows, active })
  present.current = { rows, active }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { rows: now, active: index } = present.current
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || now.count === 0) return
      const target = event.target as HTMLElement
      if (
        target.closest('input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="listbox"]') &&
        target.getAttribute('type') !== 'checkbox'
      )
        return
      const table = target.closest('[data-table]') ?? document.querySelector('[data-table]')
      if (table?.getAttribute('data-table') !== now.tableId) return
      const inTable = target.closest('[data-table]') !== null
      const isRow = target.hasAttribute('data-row')
      const step =
        event.key === 'j' || (event.key === 'ArrowDown' && inTable) ? 1 : event.key === 'k' || (event.key === 'ArrowUp' && inTable) ? -1 : 0
      if (step !== 0) {
        event.preventDefault()
        const next = Math.min(now.count - 1, Math.max(0, index === null ? 0 : index + step))
        setActive(next)
        now.reveal(next)
        const row = () => table.querySelector<HTMLElement>(`[data-row="${next}"]`)
        // At once where it is drawn: what the very next key opens gives the focus back to it.
        if (row() !== null) row()!.focus()
        else requestAnimationFrame(() => row()?.focus())
      } else if (index !== null && event.key === 'Enter' && (isRow || target === document.body)) {
        event.preventDefault()
        now.open(index)
      } else if (index !== null && (event.key === 'x' || event.key === 'X')) {
        event.preventDefault()
        now.toggle(index, event.shiftKey)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return { active: active !== null && active < rows.count ? active : null, setActive }
}
