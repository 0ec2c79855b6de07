import { loadAllowed, Page, useCustomerFilter, useOriginFilters } from '../kit/index.ts'
import { eventList, EventTable, tagsInUse } from './EventTable.tsx'

export const loader = loadAllowed([null, eventList()], ['customer.update', tagsInUse])

/** EVT-4: what needs attention, over all customers. */
export default function EventsPage() {
  const filters = [...useCustomerFilter(), ...useOriginFilters()].filter((filter) => filter.key !== 'endpointId')
  return (
    <Page title="events.title" fills>
      <EventTable filters={filters} />
    </Page>
  )
}
