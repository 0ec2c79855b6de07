import { useInfiniteQuery } from '@tanstack/react-query'
import { productsApi, type Endpoint } from '@vigie/domain/products'
import { useEffect, useRef } from 'react'
import { Infections } from '../../detections/index.ts'
import { useEndpointCommands } from '../../inventory/index.ts'
import { AgentStateTag, api, Bars, Button, Link, paths, Trouble, useText } from '../../kit/index.ts'
import type { TreeEntry } from '../families.ts'
import css from '../products.module.css'
import { useTree } from './context.ts'
import { Node } from './Node.tsx'

interface Props {
  about: { productId?: string; group?: string; customerId?: string; q?: string }
  depth: number
  /** Names each endpoint's product beside it (search results). */
  withProduct?: readonly TreeEntry[]
  /** Say that nothing was found when there is nothing. */
  none?: boolean
}

const pageSize = 100

/** The endpoints of a group, a hundred at a time as one scrolls there; pages out of sight are not laid out (`content-visibility`). */
export function EndpointPages({ about, depth, withProduct, none = false }: Props) {
  const say = useText()
  const pages = useInfiniteQuery({
    queryKey: [productsApi.listEndpoints.id, { tree: about }],
    queryFn: ({ pageParam, signal }) => api(productsApi.listEndpoints).call({ query: { ...about, limit: pageSize, sort: 'name', ...(pageParam === '' ? {} : { cursor: pageParam }) } }, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor,
  })
  if (pages.error) return <div role="presentation" className={css.rest}><Trouble error={pages.error} retry={() => void pages.refetch()} /></div>
  if (!pages.data) return <div role="presentation" className={css.rest}><Bars rows={3} /></div>
  const found = pages.data.pages.flatMap((page) => page.rows)
  if (found.length === 0) return none ? <p role="presentation" className={css.rest}>{say('products.tree.none-found')}</p> : null
  return (
    <>
      {pages.data.pages.map((page) => (
        <div key={page.rows[0]?.id ?? 'none'} role="presentation" className={page.rows.length === pageSize ? css.page : undefined}>
          {page.rows.map((endpoint) => <EndpointNode key={endpoint.id} endpoint={endpoint} depth={depth} product={withProduct?.find(({ product }) => product.id === endpoint.productId)?.product.description} />)}
        </div>
      ))}
      {pages.hasNextPage && <More isBusy={pages.isFetchingNextPage} more={() => void pages.fetchNextPage()} />}
    </>
  )
}

function EndpointNode({ endpoint, depth, product }: { endpoint: Endpoint; depth: number; product: string | undefined }) {
  const tree = useTree()
  const actions = useEndpointCommands()(endpoint)
  return (
    <Node
      id={endpoint.id}
      depth={depth}
      label={endpoint.name}
      name={<Link className={css.name} to={paths.endpoint({ endpointId: endpoint.id })} tabIndex={tree.active === endpoint.id ? 0 : -1} data-open>{endpoint.name}</Link>}
      aside={[product, endpoint.addresses[0], endpoint.platform].filter(Boolean).join(' · ')}
      right={
        <>
          <Infections endpointId={endpoint.id} count={endpoint.openInfections} />
          <AgentStateTag state={endpoint.state} />
        </>
      }
      actions={actions}
    />
  )
}

/** Brings the next hundred when it comes into sight; a button for those who don't scroll. */
function More({ isBusy, more }: { isBusy: boolean; more(): void }) {
  const say = useText()
  const element = useRef<HTMLDivElement>(null)
  const latest = useRef(more)
  latest.current = more
  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current(), { rootMargin: '600px' })
    watcher.observe(element.current!)
    return () => watcher.disconnect()
  }, [])
  return <div ref={element} role="presentation" className={css.rest}><Button size="small" isBusy={isBusy} onClick={more}>{say('products.tree.more')}</Button></div>
}
