import { eventsApi } from '@vigie/domain/events'
import { load, Page, paths, query, useLoaded, useText } from '../kit/index.ts'
import { EventExplanation } from './EventExplanation.tsx'
import { EventSigns } from './EventSigns.tsx'
import { eventTitle } from './words.ts'

const event = query(eventsApi.getEvent).at((at) => ({ params: { eventId: at.params['eventId']! } }))
export const loader = load(event)

/** One event on a page of its own: where links in mails lead. */
export default function EventPage() {
  const say = useText()
  const loaded = useLoaded(event)
  return (
    <Page
      title={{ text: eventTitle(say, loaded) }}
      sign={<EventSigns event={loaded} />}
      crumbs={[
        { label: 'events.title', to: paths.events() },
        { label: { text: loaded.customerName }, to: paths.customer({ customerId: loaded.customerId }) },
        { label: { text: loaded.productName }, to: paths.product({ productId: loaded.productId }) },
      ]}
    >
      <EventExplanation eventId={loaded.id} />
    </Page>
  )
}
