import { eventsApi, findingKinds } from '@vigie/domain/events'
import { load, Page, Part, paths, query, Tabs, useActor, useAddress, useLoaded, useText } from '../kit/index.ts'
import { EventExplanation } from './EventExplanation.tsx'
import { EventSigns } from './EventSigns.tsx'
import { Findings } from './Findings.tsx'
import { eventTitle } from './words.ts'

const event = query(eventsApi.getEvent).at((at) => ({ params: { eventId: at.params['eventId']! } }))
export const loader = load(event)
const order = ['endpoint', 'threat', 'object'] as const satisfies readonly (typeof findingKinds)[number][]

/** One event on a page of its own: where links in mails lead; and what it is made of (EVT-4). */
export default function EventPage() {
  const say = useText()
  const loaded = useLoaded(event)
  const mayDrill = useActor().can('detection.read')
  const asked = useAddress().search['tab']
  const by = mayDrill ? order.find((kind) => kind === asked) : undefined
  const tab = (id: string | undefined) => ({
    label: `events.tab.${id ?? 'explanation'}`,
    to: paths.event({ eventId: loaded.id, ...(id ? { tab: id } : {}) }),
    isCurrent: id === by,
  })
  return (
    <Page
      title={{ text: eventTitle(say, loaded) }}
      sign={<EventSigns event={loaded} />}
      fills={by !== undefined}
      crumbs={[
        { label: 'events.title', to: paths.events() },
        { label: { text: loaded.customerName }, to: paths.customer({ customerId: loaded.customerId }) },
        { label: { text: loaded.productName }, to: paths.product({ productId: loaded.productId }) },
      ]}
      tabs={mayDrill && <Tabs label="events.tabs" tabs={[tab(undefined), ...order.map(tab)]} />}
    >
      {by === undefined ? (
        <EventExplanation eventId={loaded.id} />
      ) : (
        <Part key={`${loaded.id}-${by}`}>
          <Findings eventId={loaded.id} by={by} />
        </Part>
      )}
    </Page>
  )
}
