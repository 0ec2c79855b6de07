import { Modal } from '@mantine/core'
import { useEffect, type ReactNode } from 'react'

let locks = 0
/** The page behind stays where it is. By a class: Mantine's own lock injects a style tag, which our CSP refuses (R38). */
export function usePageLock(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return
    locks += 1
    document.documentElement.classList.add('is-locked')
    return () => {
      locks -= 1
      if (locks === 0) document.documentElement.classList.remove('is-locked')
    }
  }, [isOn])
}

interface Props {
  title: string
  closeLabel: string
  onClose(): void
  size?: number
  children: ReactNode
}
/** Rendered while it is open; focus goes in, stays in, and returns where it came from. */
export function Dialog({ title, closeLabel, onClose, size = 460, children }: Props) {
  usePageLock(true)
  return (
    <Modal opened onClose={onClose} title={title} size={size} closeButtonProps={{ 'aria-label': closeLabel, size: 'sm' }}>
      {children}
    </Modal>
  )
}
