import { WithheldNotice } from '../consent/index.ts'
import { DuplicatesLink } from '../identity/index.ts'
import {
  Button,
  buttonClass,
  Link,
  load,
  Page,
  paths,
  useActor,
  useAddress,
  useCustomerFilter,
  useOriginFilters,
  useText,
  type Action,
} from '../kit/index.ts'
import { useOrder } from '../orders/index.ts'
import { endpointList, EndpointTable, inventorySummary } from './EndpointTable.tsx'
import { QuickFilters } from './QuickFilters.tsx'

export const loader = load(endpointList(), inventorySummary())

/** INV-1: every endpoint of every product. */
export default function InventoryPage() {
  const say = useText()
  const actor = useActor()
  const at = useAddress()
  const order = useOrder()
  const mayOrder = actor.can('order.send')
  const {
    cursor: _cursor,
    limit: _limit,
    sort: _sort,
    ...filter
  } = (endpointList()(at).queryKey[1] as { query: Record<string, string> }).query
  const several = (rows: { id: string }[]): Action[] => [
    { label: 'orders.new', icon: 'play', onSelect: () => order({ kind: 'endpoints', endpointIds: rows.map(({ id }) => id) }) },
  ]
  const filters = [...useCustomerFilter(), ...useOriginFilters()].filter((filter) => filter.key !== 'endpointId')
  return (
    <Page
      title="inventory.title"
      fills
      action={
        <>
          <DuplicatesLink />
          {mayOrder && <Button onClick={() => order({ kind: 'endpoints-list', filter })}>{say('orders.for-list')}</Button>}
          <Link className={buttonClass()} to={paths.missingEndpoint()}>
            {say('inventory.missing.link')}
          </Link>
        </>
      }
      tabs={
        <>
          <WithheldNotice activity="view-endpoints" />
          <WithheldNotice activity="view-addresses" />
          <QuickFilters />
        </>
      }
    >
      <EndpointTable filters={filters} {...(mayOrder ? { bulk: several } : {})} />
    </Page>
  )
}
