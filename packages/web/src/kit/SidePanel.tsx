import { Suspense, useEffect, useRef, type ReactNode } from 'react'
import { IconButton } from '../ui/Button.tsx'
import { useFocusReturn } from '../ui/focus-return.ts'
import { useAddress, useGo } from './address.ts'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import css from './SidePanel.module.css'
import { Bars } from './Skeleton.tsx'
import { useText, type Label } from './text.tsx'

interface Props {
  /** Its name in the address: `?event=<id>`. */
  param: string
  /** The ids of the list below, in its order: arrows go to the next and the previous. */
  ids: readonly string[]
  /** What it is, for those who listen; the content has its own heading. */
  label: Label
  /** Loads by itself (`useLoaded`); a skeleton stands in until then. */
  children: (id: string) => ReactNode
}

/** Details over the list, so that one need not go back and forth. Escape closes; focus goes in, and back to the row. */
export function SidePanel({ param, ids, label, children }: Props) {
  const id = useAddress().search[param]
  return id ? (
    <Open key="open" id={id} param={param} ids={ids} label={label}>
      {children}
    </Open>
  ) : null
}

function Open({ id, param, ids, label, children }: Props & { id: string }) {
  const say = useText()
  const go = useGo()
  const panel = useRef<HTMLElement>(null)
  const index = ids.indexOf(id)
  const show = (next: string | undefined) => next !== undefined && void go(`?${param}=${encodeURIComponent(next)}`, { replace: true })
  const close = () => void go(`?${param}=`)
  useFocusReturn()
  const present = useRef({ close, show, index, ids })
  present.current = { close, show, index, ids }

  useEffect(() => {
    panel.current?.focus()
  }, [])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
      const target = event.target as HTMLElement
      if (
        document.querySelector('[role="dialog"]') ||
        target.closest('input, textarea, select, [contenteditable], [role="menu"], [role="listbox"]')
      )
        return
      const now = present.current
      if (event.key === 'Escape') now.close()
      else if (event.key === 'ArrowDown' || event.key === 'ArrowRight') now.show(now.ids[now.index + 1])
      else if ((event.key === 'ArrowUp' || event.key === 'ArrowLeft') && now.index > 0) now.show(now.ids[now.index - 1])
      else return
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [])

  return (
    <aside className={css.panel} aria-label={say(label)} ref={panel} tabIndex={-1}>
      <div className={css.bar}>
        <span className={`${css.place} figures`}>{index >= 0 && say('kit.panel.place', { place: index + 1, count: ids.length })}</span>
        <IconButton
          icon="chevronUp"
          size="small"
          label={say('kit.panel.previous')}
          disabledReason={index > 0 ? undefined : say('kit.panel.is-first')}
          onClick={() => show(ids[index - 1])}
        />
        <IconButton
          icon="chevronDown"
          size="small"
          label={say('kit.panel.next')}
          disabledReason={index >= 0 && index < ids.length - 1 ? undefined : say('kit.panel.is-last')}
          onClick={() => show(ids[index + 1])}
        />
        <IconButton icon="close" size="small" label={say('kit.close')} onClick={close} />
      </div>
      <div className={css.content}>
        <ErrorBoundary key={id}>
          <Suspense fallback={<Bars rows={8} />}>{children(id)}</Suspense>
        </ErrorBoundary>
      </div>
    </aside>
  )
}
