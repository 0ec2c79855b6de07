import { Portal } from '@mantine/core'
import { useFocusTrap } from '@mantine/hooks'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Button } from './Button.tsx'
import { useFocusReturn } from './focus-return.ts'
import css from './Dialog.module.css'

let locks = 0
/** The page behind stays where it is. By a class: the usual libraries inject a style tag, which our CSP refuses (R38). */
function usePageLock(): void {
  useEffect(() => {
    const root = document.documentElement
    locks += 1
    if (locks === 1 && window.innerWidth > root.clientWidth) root.classList.add('keeps-gutter')
    root.classList.add('is-locked')
    return () => {
      locks -= 1
      if (locks === 0) root.classList.remove('is-locked', 'keeps-gutter')
    }
  }, [])
}

interface SurfaceProps {
  label?: string
  labelledBy?: string
  onClose(): void
  /** px */
  width?: number
  /** A press outside closes no more once something was typed: a slip would lose it. */
  keepsTyped?: boolean
  children: ReactNode
}
/**
 * What lies over the page and takes all keys: focus goes in (to `data-autofocus`, if there is one), stays in, and returns where it came from. Escape and a
 * press outside close. Rendered while open. Menus and choosers opened inside lie above it and keep their own Escape.
 */
export function Overlay({ label, labelledBy, onClose, width = 460, keepsTyped = false, children }: SurfaceProps) {
  const trap = useFocusTrap(true)
  const surface = useRef<HTMLDivElement | null>(null)
  const hasTyped = useRef(false)
  usePageLock()
  useFocusReturn()
  return (
    <Portal>
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- the veil is a convenience; Escape and the close button do the same */}
      <div
        className={css.veil}
        onMouseDown={(event) => {
          if (event.target === event.currentTarget && !(keepsTyped && hasTyped.current)) onClose()
        }}
      >
        <div
          ref={(element) => {
            surface.current = element
            trap(element)
          }}
          className={css.surface}
          role="dialog"
          aria-modal="true"
          aria-label={label}
          aria-labelledby={labelledBy}
          tabIndex={-1}
          style={{ maxWidth: width }}
          onInput={() => {
            hasTyped.current = true
          }}
          onKeyDown={(event) => {
            const target = event.target as Element
            if (event.key !== 'Escape' || event.defaultPrevented || !surface.current?.contains(target)) return
            // a chooser whose list is open says so: this Escape is the list's
            if (target.getAttribute('data-mantine-stop-propagation') === 'true') return
            event.stopPropagation()
            onClose()
          }}
        >
          {children}
        </div>
      </div>
    </Portal>
  )
}

interface Props {
  title: string
  closeLabel: string
  onClose(): void
  size?: number
  children: ReactNode
}
export function Dialog({ title, closeLabel, onClose, size = 460, children }: Props) {
  const titleId = useId()
  return (
    <Overlay labelledBy={titleId} onClose={onClose} width={size} keepsTyped>
      <div className={css.header}>
        <h2 id={titleId}>{title}</h2>
        {/* No tooltip: it would take the first Escape for itself. */}
        <Button icon="close" kind="quiet" size="small" aria-label={closeLabel} onClick={onClose} />
      </div>
      <div className={css.body}>{children}</div>
    </Overlay>
  )
}
