import type { CSSProperties, DragEvent, ReactNode } from 'react'
import { Icon, RowMenu, useText, type Action } from '../../kit/index.ts'
import css from '../products.module.css'
import { useTree } from './context.ts'

interface Props {
  id: string
  level: number
  /** Its place among its siblings, of which not all are in the document. */
  place: number
  size: number
  /** Undefined: nothing below it. */
  isOpen: boolean | undefined
  name: ReactNode
  /** The name as plain text, for what is said about it. */
  label: string
  aside?: ReactNode
  right?: ReactNode
  actions?: Action[]
  drag?: (event: DragEvent) => void
  /** Takes what is dragged over it. */
  drop?: { takes(event: DragEvent): boolean; take(event: DragEvent): void }
}

/** One line of the tree. A right click opens its menu. */
export function Node({ id, level, place, size, isOpen, name, label, aside, right, actions = [], drag, drop }: Props) {
  const say = useText()
  const tree = useTree()
  return (
    <div
      role="treeitem"
      aria-level={level}
      aria-posinset={place}
      aria-setsize={size}
      aria-expanded={isOpen}
      aria-selected={false}
      tabIndex={tree.active === id ? 0 : -1}
      className={css.node}
      data-node={id}
      style={{ '--depth': level - 1 } as CSSProperties}
      draggable={drag !== undefined || undefined}
      onDragStart={drag}
      onDragOver={
        drop &&
        ((event) => {
          if (drop.takes(event)) {
            event.preventDefault()
            event.currentTarget.dataset['over'] = 'true'
          }
        })
      }
      onDragLeave={
        drop &&
        ((event) => {
          delete event.currentTarget.dataset['over']
        })
      }
      onDrop={
        drop &&
        ((event) => {
          delete event.currentTarget.dataset['over']
          event.preventDefault()
          drop.take(event)
        })
      }
      onFocus={() => tree.active !== id && tree.setActive(id)}
      onContextMenu={(event) => {
        const menu = event.currentTarget.querySelector<HTMLElement>('[aria-haspopup]')
        if (!menu || window.getSelection()?.toString()) return
        event.preventDefault()
        menu.click()
      }}
    >
      {isOpen === undefined ? (
        <span className={css.leaf} />
      ) : (
        <button
          type="button"
          className={css.toggle}
          data-toggle
          tabIndex={-1}
          aria-label={say(isOpen ? 'products.tree.close' : 'products.tree.open', { name: label })}
          onClick={() => tree.toggle(id)}
        >
          <Icon name="chevronRight" size={14} />
        </button>
      )}
      {name}
      {aside && <span className={css.aside}>{aside}</span>}
      <span className={css.right}>
        {right}
        {actions.length === 0 ? (
          <span className={css.noMenu} />
        ) : (
          <RowMenu actions={actions} label={{ key: 'products.tree.menu', values: { name: label } }} />
        )}
      </span>
    </div>
  )
}
