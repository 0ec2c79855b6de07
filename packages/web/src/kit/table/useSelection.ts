import { useEffect, useRef, useState } from 'react'

export interface Matches {
  ids: readonly string[]
  /** How many there are; `ids` may be the first of them only. */
  total: number
}
interface Given {
  /** Of the rows shown, in their order. */
  ids: readonly string[]
  hasMore: boolean
  /** What the list is filtered by: another filter is another question, and what was chosen under the last one is let go. */
  filter: string
  /** Ids of all that match the filter. Without it only rows shown can be chosen. */
  matches: (() => Promise<Matches>) | undefined
}

/** Which rows are chosen: one by one, from one to another (shift), all shown, or all that match. */
export function useSelection({ ids, hasMore, filter, matches }: Given) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [all, setAll] = useState<Matches | null>(null)
  const anchor = useRef<number | null>(null)
  const shown = ids.filter((id) => selected.has(id))
  const isPageWhole = ids.length > 0 && shown.length === ids.length

  useEffect(() => {
    setSelected(new Set())
    setAll(null)
    anchor.current = null
  }, [filter])
  // the number is asked for once it matters: when the page is chosen and there is more behind it
  const asks = isPageWhole && hasMore && matches !== undefined
  useEffect(() => {
    if (!asks) return
    let isGone = false
    matches().then(
      (found) => !isGone && setAll(found),
      () => {},
    ) // not offered then; what is chosen stays
    return () => void (isGone = true)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `matches` is the filter's
  }, [asks, filter])

  return {
    /** Chosen ids; those of other pages too, where the list can be asked for all that match. */
    ids: matches === undefined ? shown : [...selected],
    isSelected: (id: string) => selected.has(id),
    isPageWhole,
    isSome: shown.length > 0,
    /** All that match, while there are more than those chosen. */
    offer: asks && all !== null && all.total > selected.size && selected.size < all.ids.length ? all : null,
    toggle: (index: number, isRange = false) => {
      const id = ids[index]
      if (id === undefined) return
      const from = anchor.current
      anchor.current = index
      setSelected((present) => {
        const next = new Set(present)
        if (isRange && from !== null) for (const one of ids.slice(Math.min(from, index), Math.max(from, index) + 1)) next.add(one)
        else if (!next.delete(id)) next.add(id)
        return next
      })
    },
    setPage: (isOn: boolean) =>
      setSelected((present) => new Set(isOn ? [...present, ...ids] : [...present].filter((id) => !ids.includes(id)))),
    takeAll: () => all && setSelected(new Set(all.ids)),
    clear: () => setSelected(new Set()),
  }
}
