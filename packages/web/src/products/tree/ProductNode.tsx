import { AgentStateTag, Icon, Link, OpenEvents, paths, useActor, useGo, useText, buttonClass, type Action } from '../../kit/index.ts'
import { familyIcons, typeWords } from '../catalogue.ts'
import css from '../products.module.css'
import { useTree } from './context.ts'
import { Node } from './Node.tsx'
import type { Row } from './rows.ts'
import { useProductCommands } from './useProductCommands.ts'

/** A product: state and open events beside its name. One that waits for its agent offers the way to connect it. */
export function ProductNode({ row }: { row: Row & { kind: 'product' } }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const tree = useTree()
  const { entry } = row
  const { product } = entry
  const commands = useProductCommands(product, tree.types)
  const isWaiting = product.state === 'pending' || product.state === 'unregistered'
  const actions: Action[] = [
    { label: 'products.open', icon: 'external', onSelect: () => void go(paths.product({ productId: product.id })) },
    ...(actor.can('product.issue-key') && isWaiting
      ? [{ label: 'products.connect', icon: 'key' as const, onSelect: () => void go(paths.connectProduct({ productId: product.id })) }]
      : []),
    ...commands,
    ...(actor.can('product.update')
      ? [{ label: 'products.rename', icon: 'edit' as const, onSelect: () => tree.ask({ kind: 'rename-product', entry }) }]
      : []),
    ...(actor.can('endpoint.update')
      ? [{ label: 'products.group.add', icon: 'plus' as const, onSelect: () => tree.ask({ kind: 'add-group', entry }) }]
      : []),
  ]
  return (
    <Node
      {...row}
      label={product.description}
      name={
        <>
          <Icon name={familyIcons[product.family]} className={css.kind} />
          <Link className={`${css.name} ${css.productName}`} to={paths.product({ productId: product.id })} tabIndex={-1} data-open>
            {product.description}
          </Link>
        </>
      }
      aside={typeWords(say, product.typeId, tree.types)}
      right={
        <>
          <OpenEvents attention={product.attention} about={{ productId: product.id }} />
          {isWaiting && actor.can('product.issue-key') ? (
            <Link className={buttonClass('plain', 'small')} tabIndex={-1} to={paths.connectProduct({ productId: product.id })}>
              {say('products.connect')}
            </Link>
          ) : (
            <AgentStateTag state={product.state} />
          )}
        </>
      }
      actions={actions}
    />
  )
}
