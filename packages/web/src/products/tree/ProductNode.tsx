import { useProductCommands } from './useProductCommands.ts'
import { AgentStateTag, Icon, Link, OpenEvents, paths, useActor, useGo, useText, buttonClass, type Action } from '../../kit/index.ts'
import { familyIcons, typeName } from '../catalogue.ts'
import type { TreeEntry } from '../families.ts'
import css from '../products.module.css'
import { useTree } from './context.ts'
import { EndpointPages } from './EndpointPages.tsx'
import { Node } from './Node.tsx'

/** A product: state and open events beside its name, groups below. One that waits for its agent offers the way to connect it. */
export function ProductNode({ entry: { product, groups } }: { entry: TreeEntry }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const tree = useTree()
  const commands = useProductCommands(product, tree.types)
  const isOpen = tree.isOpen(product.id, true)
  const isWaiting = product.state === 'pending' || product.state === 'unregistered'
  const shown = groups.filter((group) => group.endpointCount > 0)
  const actions: Action[] = [
    { label: 'products.open', icon: 'external', onSelect: () => void go(paths.product({ productId: product.id })) },
    ...(actor.can('product.issue-key') && isWaiting ? [{ label: 'products.connect', icon: 'key' as const, onSelect: () => void go(paths.connectProduct({ productId: product.id })) }] : []),
    ...commands,
  ]
  return (
    <Node
      id={product.id}
      depth={0}
      label={product.description}
      {...(shown.length > 0 ? { isOpen, toggle: () => tree.toggle(product.id, true) } : {})}
      name={
        <>
          <Icon name={familyIcons[product.family]} className={css.kind} />
          <Link className={`${css.name} ${css.productName}`} to={paths.product({ productId: product.id })} tabIndex={-1} data-open>{product.description}</Link>
        </>
      }
      aside={typeName(say, product.typeId)}
      right={
        <>
          <OpenEvents attention={product.attention} about={{ productId: product.id }} />
          {isWaiting && actor.can('product.issue-key')
            ? <Link className={buttonClass('plain', 'small')} to={paths.connectProduct({ productId: product.id })}>{say('products.connect')}</Link>
            : <AgentStateTag state={product.state} />}
        </>
      }
      actions={actions}
    >
      {shown.map((group) => <GroupNode key={group.name} productId={product.id} name={group.name} count={group.endpointCount} />)}
    </Node>
  )
}

function GroupNode({ productId, name, count }: { productId: string; name: string; count: number }) {
  const say = useText()
  const tree = useTree()
  const key = `${productId}/${name}`
  const isOpen = tree.isOpen(key, false)
  const words = say.has(`group.${name}`) ? say(`group.${name}`) : name
  return (
    <Node
      id={key}
      depth={1}
      label={words}
      isOpen={isOpen}
      toggle={() => tree.toggle(key, false)}
      name={<button type="button" className={css.groupName} tabIndex={-1} data-open onClick={() => tree.toggle(key, false)}>{words}</button>}
      right={<span className="faint figures">{say('common.endpoints', { count })}</span>}
    >
      <EndpointPages about={{ productId, group: name }} depth={2} />
    </Node>
  )
}
