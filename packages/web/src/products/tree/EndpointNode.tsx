import { Infections } from '../../detections/index.ts'
import { useEndpointCommands } from '../../inventory/index.ts'
import { AgentStateTag, Link, paths, useActor, useGo, type Action } from '../../kit/index.ts'
import css from '../products.module.css'
import { useTree } from './context.ts'
import { Node } from './Node.tsx'
import type { Row } from './rows.ts'

/** Names the product too: a browser shows a page what is dragged only when it is dropped, but its type at once. */
export const dragType = (productId: string): string => `application/x-vigie-endpoint-of-${productId}`

export function EndpointNode({ row: { endpoint, ...row } }: { row: Row & { kind: 'endpoint' } }) {
  const tree = useTree()
  const go = useGo()
  const actor = useActor()
  const commands = useEndpointCommands()(endpoint)
  const entry = tree.entries.find(({ product }) => product.id === endpoint.productId)
  const actions: Action[] = [
    { label: 'products.tree.details', icon: 'external', onSelect: () => void go(paths.endpoint({ endpointId: endpoint.id })) },
    ...commands,
    ...(actor.can('endpoint.update') && entry
      ? [
          {
            label: 'products.group.move',
            icon: 'chevronRight' as const,
            disabledReason: entry.groups.length < 2 ? 'products.group.only-one' : undefined,
            onSelect: () => tree.ask({ kind: 'move', entry, from: { endpoint } }),
          },
        ]
      : []),
  ]
  return (
    <Node
      {...row}
      isOpen={undefined}
      label={endpoint.name}
      name={
        <Link className={css.name} to={paths.endpoint({ endpointId: endpoint.id })} tabIndex={-1} data-open draggable={false}>
          {endpoint.name}
        </Link>
      }
      aside={[endpoint.addresses?.[0], endpoint.platform].filter(Boolean).join(' · ')}
      right={
        <>
          <Infections endpointId={endpoint.id} count={endpoint.openInfections} />
          <AgentStateTag state={endpoint.state} />
        </>
      }
      actions={actions}
      {...(actor.can('endpoint.update') ? { drag: (event) => event.dataTransfer.setData(dragType(endpoint.productId), endpoint.id) } : {})}
    />
  )
}
