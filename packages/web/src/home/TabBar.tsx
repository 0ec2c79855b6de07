import type { DashboardTab } from '@vigie/domain/dashboard'
import { useEffect, useRef, type ReactNode } from 'react'
import { Link, useText } from '../kit/index.ts'
import css from './dashboard.module.css'
import { useDrag } from './useDrag.ts'
import { tabName } from './words.ts'

/** Tabs are links; they are moved by dragging, or with the tab's menu. */
export function TabBar({
  tabs,
  current,
  onMove,
  add,
}: {
  tabs: readonly DashboardTab[]
  current: string
  onMove(id: string, beforeId: string | null): void
  add: ReactNode
}) {
  const say = useText()
  const list = useRef<HTMLUListElement>(null)
  const { drag, grip } = useDrag(
    'tab',
    tabs.map(({ id }) => id),
    onMove,
  )
  const hasDragged = useRef(false)
  if (drag) hasDragged.current = true
  // the present one is always among those that show
  useEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-current]')
    if (list.current && tab) list.current.scrollLeft = tab.offsetLeft - (list.current.clientWidth - tab.offsetWidth) / 2
  }, [current])
  return (
    <nav className={css.tabs} aria-label={say('dashboard.tabs')}>
      <ul ref={list}>
        {tabs.map((tab) => {
          const { onPointerDown, ...moves } = grip(tab.id)
          return (
            <li
              key={tab.id}
              data-drag={`tab ${tab.id}`}
              data-drop={drag?.target?.id === tab.id ? drag.target.side : undefined}
              data-dragged={drag?.id === tab.id || undefined}
            >
              <Link
                to={`?tab=${tab.id}`}
                className={css.tab}
                aria-current={tab.id === current ? 'page' : undefined}
                replace
                draggable={false}
                {...moves}
                onPointerDown={(event) => {
                  hasDragged.current = false
                  if (event.pointerType === 'mouse') onPointerDown(event)
                }}
                onClick={(event) => hasDragged.current && event.preventDefault()}
              >
                {tabName(say, tab)}
              </Link>
            </li>
          )
        })}
      </ul>
      {add}
    </nav>
  )
}
