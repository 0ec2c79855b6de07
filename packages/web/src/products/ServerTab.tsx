import { productsApi, type Agent, type Product } from '@vigie/domain/products'
import type { ReactNode } from 'react'
import { NotShown, useIsWithheld } from '../consent/index.ts'
import {
  AgentStateTag,
  Ago,
  buttonClass,
  CopyText,
  Empty,
  Facts,
  Link,
  Panel,
  paths,
  query,
  Stack,
  useLoaded,
  useText,
} from '../kit/index.ts'
import { catalogue } from './catalogue.ts'

/** PRD-4: the machine on which the product's own server runs, as its agent tells it. */
export function ServerTab({ product }: { product: Product }) {
  const say = useText()
  const { types } = useLoaded(catalogue)
  const { rows } = useLoaded(query(productsApi.listAgents).with({ params: { productId: product.id } }))
  const isWithheld = useIsWithheld('view-addresses', product.customerId)
  const servers = rows.filter(({ role, clonedFromId }) => role === 'own' && clonedFromId === null)
  if (servers.length === 0) {
    const isConnectable = types.find(({ id }) => id === product.typeId)?.isConnectable !== false
    return (
      <Empty
        icon="inventory"
        title="products.server.none"
        about={isConnectable ? 'products.server.none.about' : 'products.server.none.not-connectable'}
        action={
          isConnectable && (
            <Link className={buttonClass()} to={paths.connectProduct({ productId: product.id })}>
              {say('products.connect')}
            </Link>
          )
        }
      />
    )
  }
  return (
    <Stack>
      {servers.map((agent) => (
        <Panel key={agent.id}>
          <Facts
            facts={[
              ['products.server.machine', agent.hostname],
              ['inventory.column.state', <AgentStateTag key="state" state={agent.state} cause={agent.cause} />],
              ['inventory.column.platform', agent.platform],
              [
                'inventory.column.addresses',
                agent.address === null ? (
                  isWithheld ? (
                    <NotShown key="address" customerId={product.customerId} />
                  ) : null
                ) : (
                  <span key="address" className="mono">
                    {agent.address}
                  </span>
                ),
              ],
              ['products.server.version', agent.version],
              ['inventory.column.lastSeenAt', <Ago key="seen" at={agent.lastSeenAt} freshForSeconds={product.freshForSeconds} />],
              ...(agent.held && agent.state === 'online'
                ? [['products.server.held', <Held key="held" held={agent.held} />] as [string, ReactNode]]
                : []),
              ['products.server.registered', <Ago key="registered" at={agent.registeredAt} />],
              ['inventory.column.agentId', <CopyText key="id" text={agent.id} />],
            ]}
          />
        </Panel>
      ))}
    </Stack>
  )
}

/** AGT-8: what waits at it of its site's endpoints. */
function Held({ held: { records, since } }: { held: NonNullable<Agent['held']> }) {
  const say = useText()
  return (
    <>
      {say('products.server.held.count', { records })} <Ago at={since} />
    </>
  )
}
