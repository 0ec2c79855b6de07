import { WithheldNotice } from '../consent/index.ts'
import { DuplicatesLink } from '../identity/index.ts'
import { buttonClass, Link, load, Page, paths, useCustomerFilter, useOriginFilters, useText } from '../kit/index.ts'
import { endpointList, EndpointTable, inventorySummary } from './EndpointTable.tsx'
import { QuickFilters } from './QuickFilters.tsx'

export const loader = load(endpointList(), inventorySummary())

/** INV-1: every endpoint of every product. */
export default function InventoryPage() {
  const say = useText()
  const filters = [...useCustomerFilter(), ...useOriginFilters()].filter((filter) => filter.key !== 'endpointId')
  return (
    <Page title="inventory.title" fills action={<><DuplicatesLink /><Link className={buttonClass()} to={paths.missingEndpoint()}>{say('inventory.missing.link')}</Link></>} tabs={<><WithheldNotice activity="view-endpoints" /><QuickFilters /></>}>
      <EndpointTable filters={filters} />
    </Page>
  )
}
