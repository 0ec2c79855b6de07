import { load, Page, useCustomerFilter, useOriginFilters } from '../kit/index.ts'
import { endpointList, EndpointTable } from './EndpointTable.tsx'

export const loader = load(endpointList())

/** INV-1: every endpoint of every product. */
export default function InventoryPage() {
  const filters = [...useCustomerFilter(), ...useOriginFilters()].filter((filter) => filter.key !== 'endpointId')
  return (
    <Page title="inventory.title" fills>
      <EndpointTable filters={filters} />
    </Page>
  )
}
