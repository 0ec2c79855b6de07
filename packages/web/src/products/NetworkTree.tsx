import { useQuery } from '@tanstack/react-query'
import { productsApi } from '@vigie/domain/products'
import { Suspense, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Bars, Button, lazily, query, useAddress, useGo, useLoaded, useText } from '../kit/index.ts'
import { catalogue } from './catalogue.ts'
import { byFamily, isIn } from './families.ts'
import css from './products.module.css'
import { EndpointNode } from './tree/EndpointNode.tsx'
import { GroupNode } from './tree/GroupNode.tsx'
import { ProductNode } from './tree/ProductNode.tsx'
import { TreeContext, type Asked } from './tree/context.ts'
import { groupId, nextOf, rowsOf, type Row } from './tree/rows.ts'
import { TreeTools } from './tree/TreeTools.tsx'
import { useGroupPages } from './tree/useGroupPages.ts'
import { useSight } from './tree/useSight.ts'

/** Nobody opens them before the tree stands; their fields weigh more than the tree. */
const GroupNameDialog = lazily(() => import('./GroupDialogs.tsx'), 'GroupNameDialog')
const MoveDialog = lazily(() => import('./GroupDialogs.tsx'), 'MoveDialog')
const RenameDialog = lazily(() => import('./RenameDialog.tsx'), 'RenameDialog')

export const treeOf = (customerId: string) => query(productsApi.getTree).with({ params: { customerId } })

/** As `.line` in products.module.css. */
const lineHeight = 40

interface Props {
  customerId: string
  /** Shown where there is no product yet. */
  empty: ReactNode
}

/**
 * PRD-3: products, their groups, their endpoints. Endpoints are asked for when a group is opened, page by page, and only lines in sight are drawn: 20,000 open at once. Arrow keys walk,
 * open and close; the menu key or a right click brings what can be done. The node opened last stands in the address.
 */
export function NetworkTree({ customerId, empty }: Props) {
  const say = useText()
  const go = useGo()
  const at = useAddress()
  const { products } = useLoaded(treeOf(customerId))
  const { types } = useLoaded(catalogue)
  const q = at.search['q'] ?? ''
  const node = at.search['node'] ?? ''
  const families = useMemo(() => byFamily(products), [products])
  const isByFamily = at.search['by'] === 'family' && families.length > 1
  // Few products stand open, so that one sees the groups at once; many stand closed.
  const [opened, setOpened] = useState<ReadonlySet<string>>(
    () =>
      new Set([
        ...(products.length <= 4 ? products.map(({ product }) => product.id) : []),
        ...(node === '' ? [] : [node, node.split('/')[0]!]),
      ]),
  )
  const [active, setActive] = useState<string | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const [inSight, setInSight] = useState<ReadonlySet<string>>(new Set())
  const scroller = useRef<HTMLDivElement>(null)
  /** The line that gets the focus as soon as it is drawn: keys may come faster than lines. */
  const focusNext = useRef<string | null>(null)

  const search = useQuery({
    ...query(productsApi.listEndpoints).with({ query: { customerId, q, limit: 200, sort: 'name' } }),
    enabled: q !== '',
  })
  const groups = useMemo(
    () =>
      products.flatMap(({ product, groups: own }) =>
        opened.has(product.id)
          ? own
              .map(({ name }) => ({ groupId: groupId(product.id, name), productId: product.id, group: name }))
              .filter((one) => opened.has(one.groupId))
          : [],
      ),
    [products, opened],
  )
  const { loaded, more, retry } = useGroupPages(groups, inSight)
  const found = q === '' ? null : (search.data?.rows ?? [])
  const shown =
    found === null
      ? products
      : products.filter(({ product }) => isIn(product.description, q) || found.some((endpoint) => endpoint.productId === product.id))
  const rows = useMemo(
    () => rowsOf({ products: shown, isByFamily, isOpen: (id) => opened.has(id), loaded: (id) => loaded.get(id), found }),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `shown` and `found` follow their parts
    [shown, isByFamily, opened, loaded, found],
  )
  const sight = useSight(scroller, rows.length, lineHeight)
  const drawn = rows.slice(sight.first, sight.first + sight.drawn)
  const drawnKey = drawn.map(({ id }) => id).join(' ')

  useEffect(() => {
    setInSight(new Set(drawn.map(({ id }) => id)))
    for (const row of drawn) if (row.kind === 'rest' && row.state === 'more') more(row.groupId)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `drawnKey` stands for the lines
  }, [drawnKey, more])
  useEffect(() => {
    if (focusNext.current === null) return
    const element = scroller.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(focusNext.current)}"]`)
    if (!element) return
    focusNext.current = null
    element.focus({ preventScroll: true })
  })

  const toggle = (id: string) => {
    const isOpening = !opened.has(id)
    setOpened((present) => (isOpening ? new Set([...present, id]) : new Set([...present].filter((one) => one !== id))))
    void go(`?${new URLSearchParams({ node: isOpening ? id : id.includes('/') ? id.split('/')[0]! : '' })}`, { replace: true })
  }
  // a line that went (a filter, a closed branch) leaves the tree without its one stop
  const reachable = rows.some(({ id }) => id === active) ? active : (rows.find(({ kind }) => kind === 'product')?.id ?? null)
  const context = {
    types: types as readonly productsApi.OfferedType[],
    entries: products,
    active: reachable,
    setActive,
    toggle,
    ask: setAsked,
  }

  const walk = (event: KeyboardEvent) => {
    const item = (event.target as HTMLElement).closest<HTMLElement>('[role="treeitem"]')
    if (!item || event.target !== item || event.metaKey || event.ctrlKey || event.altKey) return
    const hereId = focusNext.current ?? item.dataset['node']
    const here = rows.findIndex(({ id }) => id === hereId)
    const isOpen = item.getAttribute('aria-expanded')
    const to = (key: string) => {
      const index = nextOf(rows, here, key)
      if (index === null) return
      focusNext.current = rows[index]!.id
      sight.reveal(index)
      setActive(rows[index]!.id)
    }
    const moves: Record<string, () => void> = {
      ArrowRight: () => (isOpen === 'false' ? toggle(rows[here]!.id) : isOpen === 'true' ? to('ArrowDown') : undefined),
      ArrowLeft: () => (isOpen === 'true' ? toggle(rows[here]!.id) : to('Parent')),
      Enter: () => item.querySelector<HTMLElement>('[data-open]')?.click(),
      ContextMenu: () => item.querySelector<HTMLElement>('[aria-haspopup]')?.click(),
      ...Object.fromEntries(['ArrowDown', 'ArrowUp', 'Home', 'End', 'PageDown', 'PageUp'].map((key) => [key, () => to(key)])),
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    move()
  }

  if (products.length === 0) return empty
  return (
    <TreeContext value={context}>
      <TreeTools canGroup={families.length > 1} />
      <div
        ref={scroller}
        role="tree"
        tabIndex={-1}
        aria-label={say('products.tree')}
        aria-busy={search.isFetching}
        className={css.tree}
        onKeyDown={walk}
      >
        <div role="presentation" style={{ height: sight.above }} />
        {drawn.map((row) => (
          <Line key={row.id} row={row} retry={retry} />
        ))}
        <div role="presentation" style={{ height: sight.below }} />
      </div>
      {q !== '' && search.isSuccess && shown.length === 0 && <p className={css.under}>{say('products.tree.none-found')}</p>}
      {q !== '' && search.data?.nextCursor && <p className={css.under}>{say('products.tree.too-many')}</p>}
      {asked && (
        <Suspense fallback={null}>
          <Dialogs asked={asked} close={() => setAsked(null)} />
        </Suspense>
      )}
    </TreeContext>
  )
}

function Line({ row, retry }: { row: Row; retry(): void }) {
  const say = useText()
  switch (row.kind) {
    case 'family':
      return (
        <div role="presentation" className={css.family}>
          {say(`family.${row.family}`)}
        </div>
      )
    case 'product':
      return <ProductNode row={row} />
    case 'group':
      return <GroupNode row={row} />
    case 'endpoint':
      return <EndpointNode row={row} />
    case 'rest':
      return (
        <div role="presentation" className={css.rest}>
          {row.state === 'failed' ? (
            <Button size="small" onClick={retry}>
              {say('products.tree.retry')}
            </Button>
          ) : (
            <Bars rows={1} />
          )}
        </div>
      )
  }
}

function Dialogs({ asked, close }: { asked: Asked; close(): void }) {
  const { product, groups } = asked.entry
  switch (asked.kind) {
    case 'rename-product':
      return <RenameDialog product={product} close={close} />
    case 'add-group':
      return <GroupNameDialog productId={product.id} close={close} />
    case 'rename-group':
      return <GroupNameDialog productId={product.id} group={asked.group} close={close} />
    case 'move': {
      const { from } = asked
      return 'group' in from ? (
        <MoveDialog
          productId={product.id}
          groups={groups}
          from={from.group.name}
          what={{ filter: { group: from.group.name } }}
          close={close}
        />
      ) : (
        <MoveDialog
          productId={product.id}
          groups={groups}
          from={from.endpoint.group}
          what={{ endpointIds: [from.endpoint.id] }}
          close={close}
        />
      )
    }
  }
}
