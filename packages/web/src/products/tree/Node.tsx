import type { CSSProperties, ReactNode } from 'react'
import { Icon, RowMenu, useText, type Action } from '../../kit/index.ts'
import css from '../products.module.css'
import { useTree } from './context.ts'

interface Props {
  id: string
  /** 0: a product. */
  depth: number
  /** Undefined: nothing below it. */
  isOpen?: boolean
  toggle?: () => void
  name: ReactNode
  /** The name as plain text, for what is said about it. */
  label: string
  aside?: ReactNode
  right?: ReactNode
  actions?: Action[]
  /** What is below it. In the document it follows it, as flat as a table: the level says how deep. */
  children?: ReactNode
}

/** One line of the tree. A right click opens its menu. */
export function Node({ id, depth, isOpen, toggle, name, label, aside, right, actions = [], children }: Props) {
  const say = useText()
  const tree = useTree()
  return (
    <>
      <div
        role="treeitem"
        aria-level={depth + 1}
        aria-expanded={isOpen}
        aria-selected={false}
        tabIndex={tree.active === id ? 0 : -1}
        className={css.node}
        style={{ '--depth': depth } as CSSProperties}
        onFocus={() => tree.active !== id && tree.setActive(id)}
        onContextMenu={(event) => {
          const menu = event.currentTarget.querySelector<HTMLElement>('[aria-haspopup]')
          if (!menu || window.getSelection()?.toString()) return
          event.preventDefault()
          menu.click()
        }}
      >
        {toggle ? (
          <button type="button" className={css.toggle} data-toggle tabIndex={-1} aria-label={say(isOpen ? 'products.tree.close' : 'products.tree.open', { name: label })} onClick={toggle}><Icon name="chevronRight" size={14} /></button>
        ) : (
          <span className={css.leaf} />
        )}
        {name}
        {aside && <span className={css.aside}>{aside}</span>}
        <span className={css.right}>
          {right}
          {actions.length === 0 ? <span className={css.noMenu} /> : <RowMenu actions={actions} label={{ key: 'products.tree.menu', values: { name: label } }} />}
        </span>
      </div>
      {isOpen && children}
    </>
  )
}
