import { productsApi, type ProductType } from '@vigie/domain/products'
import { useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { query, useAddress, useLoaded, useText } from '../kit/index.ts'
import { catalogue } from './catalogue.ts'
import { byFamily, isIn } from './families.ts'
import css from './products.module.css'
import { EndpointPages } from './tree/EndpointPages.tsx'
import { ProductNode } from './tree/ProductNode.tsx'
import { TreeContext } from './tree/context.ts'
import { TreeTools } from './tree/TreeTools.tsx'

export const treeOf = (customerId: string) => query(productsApi.getTree).with({ params: { customerId } })

interface Props {
  customerId: string
  /** Shown where there is no product yet. */
  empty: ReactNode
}

/**
 * PRD-3: products, their groups, their endpoints. Endpoints are asked for when a group is opened, page by page, so that 20,000 open at once. Arrow keys walk,
 * open and close; the menu key or a right click brings what can be done.
 */
export function NetworkTree({ customerId, empty }: Props) {
  const say = useText()
  const at = useAddress()
  const { products } = useLoaded(treeOf(customerId))
  const { types } = useLoaded(catalogue)
  const q = at.search['q'] ?? ''
  const families = useMemo(() => byFamily(products), [products])
  const isByFamily = at.search['by'] === 'family' && families.length > 1
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [active, setActive] = useState<string | null>(null)
  const tree = useRef<HTMLDivElement>(null)
  // Few products stand open, so that one sees the groups at once; many stand closed.
  const startsOpen = products.length <= 4
  const context = useMemo(
    () => ({
      types: types as readonly ProductType[],
      active: active ?? products[0]?.product.id ?? null,
      setActive,
      isOpen: (key: string, isProduct: boolean) => (isProduct && startsOpen ? !closed.has(key) : opened.has(key)),
      toggle: (key: string, isProduct: boolean) => {
        const change = isProduct && startsOpen ? setClosed : setOpened
        change((present) => (present.has(key) ? new Set([...present].filter((one) => one !== key)) : new Set([...present, key])))
      },
    }),
    [types, active, products, closed, opened, startsOpen],
  )
  if (products.length === 0) return empty
  const found = q === '' ? products : products.filter(({ product }) => isIn(product.description, q))
  return (
    <TreeContext value={context}>
      <TreeTools canGroup={families.length > 1} />
      <div ref={tree} role="tree" tabIndex={-1} aria-label={say('products.tree')} className={css.tree} onKeyDown={(event) => walk(event, tree.current!)}>
        {isByFamily && q === ''
          ? families.map(([family, members]) => [
              <div key={family} role="presentation" className={css.family}>{say(`family.${family}`)}</div>,
              ...members.map((entry) => <ProductNode key={entry.product.id} entry={entry} />),
            ])
          : found.map((entry) => <ProductNode key={entry.product.id} entry={entry} />)}
        {q !== '' && <EndpointPages key={q} about={{ customerId, q }} depth={0} withProduct={products} none={found.length === 0} />}
      </div>
    </TreeContext>
  )
}

/** Arrow keys as in any tree (WAI-ARIA). */
function walk(event: KeyboardEvent, tree: HTMLElement): void {
  const item = (event.target as HTMLElement).closest<HTMLElement>('[role="treeitem"]')
  if (!item || event.target !== item || event.metaKey || event.ctrlKey || event.altKey) return
  const items = [...tree.querySelectorAll<HTMLElement>('[role="treeitem"]')]
  const here = items.indexOf(item)
  const isOpen = item.getAttribute('aria-expanded')
  const toggle = () => item.querySelector<HTMLElement>(':scope > [data-toggle]')?.click()
  const level = (one: HTMLElement) => Number(one.getAttribute('aria-level'))
  const parent = items.slice(0, here).findLast((one) => level(one) < level(item))
  const moves: Record<string, () => void> = {
    ArrowDown: () => items[here + 1]?.focus(),
    ArrowUp: () => items[here - 1]?.focus(),
    Home: () => items[0]?.focus(),
    End: () => items.at(-1)?.focus(),
    ArrowRight: () => (isOpen === 'false' ? toggle() : isOpen === 'true' ? items[here + 1]?.focus() : undefined),
    ArrowLeft: () => (isOpen === 'true' ? toggle() : parent?.focus()),
    Enter: () => item.querySelector<HTMLElement>('[data-open]')?.click(),
    ContextMenu: () => item.querySelector<HTMLElement>('[aria-haspopup]')?.click(),
  }
  const move = moves[event.key]
  if (!move) return
  event.preventDefault()
  move()
}
