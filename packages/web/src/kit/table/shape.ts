import { useCallback, useState } from 'react'
import type { Column } from './columns.tsx'

interface Shape {
  hidden: string[]
  shown: string[]
  widths: Record<string, number>
}

/** Which columns, how wide: a habit of this person at this browser, not a state one would send to a colleague; hence not in the address. */
export function useShape<Row>(name: string, columns: Column<Row>[]) {
  const storageKey = `vigie.table.${name}`
  const [shape, setShape] = useState<Shape>(() => read(storageKey))
  const change = useCallback(
    (next: (shape: Shape) => Shape) =>
      setShape((present) => {
        const changed = next(present)
        try {
          localStorage.setItem(storageKey, JSON.stringify(changed))
        } catch {
          // kept until reload only
        }
        return changed
      }),
    [storageKey],
  )
  const isShown = (column: Column<Row>) =>
    column.isMain || (column.isHidden ? shape.shown.includes(column.id) : !shape.hidden.includes(column.id))
  return {
    visible: columns.filter(isShown),
    isShown,
    toggle: (column: Column<Row>) =>
      change((present) => {
        const list = column.isHidden ? 'shown' : 'hidden'
        const present_ = present[list]
        return { ...present, [list]: present_.includes(column.id) ? present_.filter((id) => id !== column.id) : [...present_, column.id] }
      }),
    /** Exactly these, beside those that can't be hidden; null: as the list has them. */
    show: (ids: readonly string[] | null) =>
      change((present) => ({
        ...present,
        hidden: ids === null ? [] : columns.filter((column) => !column.isHidden && !ids.includes(column.id)).map((column) => column.id),
        shown: ids === null ? [] : columns.filter((column) => column.isHidden && ids.includes(column.id)).map((column) => column.id),
      })),
    width: (column: Column<Row>) => shape.widths[column.id] ?? column.width,
    resize: (column: Column<Row>, width: number) =>
      change((present) => ({ ...present, widths: { ...present.widths, [column.id]: Math.max(column.minWidth, Math.round(width)) } })),
    reset: () => change(() => ({ hidden: [], shown: [], widths: {} })),
  }
}
export type TableShape<Row> = ReturnType<typeof useShape<Row>>

function read(key: string): Shape {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Shape>
    return { hidden: stored.hidden ?? [], shown: stored.shown ?? [], widths: stored.widths ?? {} }
  } catch {
    return { hidden: [], shown: [], widths: {} }
  }
}
