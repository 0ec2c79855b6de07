import { deliveryStates, mailKinds, outboxApi, type Delivery } from '@vigie/domain/outbox'
import {
  columns,
  DataTable,
  Empty,
  load,
  Page,
  Part,
  paths,
  query,
  SidePanel,
  sortedBy,
  StateTag,
  toast,
  trouble,
  useAction,
  useActor,
  useAddress,
  useLoaded,
  useText,
  type Action,
  type Filter,
  type Sign,
} from '../kit/index.ts'
import { DeliveryDetail } from './DeliveryDetail.tsx'

const list = query(outboxApi.listDeliveries).list(sortedBy('-createdAt'))
export const loader = load(list)

const tones: Readonly<Record<Delivery['state'], Sign | 'quiet' | 'good'>> = {
  waiting: 'pending',
  sent: 'good',
  kept: 'quiet',
  failed: 'action-required',
}

const column = columns<Delivery>('outbox.column')
const shown = [
  column.cell('subject', (delivery) => <span title={delivery.subject}>{delivery.subject}</span>, { main: true }),
  column.text('to', undefined, { width: 230 }),
  column.cell('kind', (delivery) => <KindWord kind={delivery.kind} />, { width: 150 }),
  column.cell('state', (delivery) => <DeliveryState delivery={delivery} />, { width: 150 }),
  column.cell('attempts', (delivery) => <span className="figures">{delivery.attempts}</span>, { width: 90, align: 'end', hidden: true }),
  column.ago('createdAt', { sort: true, width: 130 }),
  column.ago('sentAt', { width: 130, hidden: true, never: 'outbox.not-sent' }),
]
const filters: Filter[] = [
  { key: 'state', label: 'outbox.column.state', options: deliveryStates.map((value) => ({ value, label: `delivery-state.${value}` })) },
  { key: 'kind', label: 'outbox.column.kind', options: mailKinds.map((value) => ({ value, label: `mail-kind.${value}` })) },
]

function KindWord({ kind }: { kind: string }) {
  return <>{useText()(`mail-kind.${kind}`)}</>
}
export function DeliveryState({ delivery }: { delivery: Pick<Delivery, 'state'> }) {
  return <StateTag label={`delivery-state.${delivery.state}`} tone={tones[delivery.state]} />
}

/** Every mail, sent or kept: readable here also where no mail server is set up. */
export default function OutboxPage() {
  const at = useAddress()
  const actor = useActor()
  const loaded = useLoaded(list)
  const retrying = useAction(outboxApi.retryDelivery)
  const retry = async (delivery: Delivery) => {
    try {
      await retrying.run({ params: { deliveryId: delivery.id } })
      toast('outbox.retried')
    } catch (error) {
      trouble(error)
    }
  }
  const actions = (delivery: Delivery): Action[] =>
    actor.can('delivery.retry')
      ? [
          {
            label: 'outbox.retry',
            icon: 'refresh',
            disabledReason:
              delivery.state === 'sent' ? 'outbox.retry.sent' : delivery.state === 'waiting' ? 'outbox.retry.waiting' : undefined,
            onSelect: () => void retry(delivery),
          },
        ]
      : []
  return (
    <Page title="outbox.title" about="outbox.about" crumbs={[{ label: 'shell.administration', to: paths.administration() }]} fills>
      <DataTable
        {...loaded}
        name="outbox.title"
        columns={shown}
        sort="-createdAt"
        filters={filters}
        actions={actions}
        opens={(delivery) => `?delivery=${delivery.id}`}
        openId={at.search['delivery']}
        empty={<Empty icon="mail" title="outbox.none" about="outbox.none.about" />}
      />
      <SidePanel param="delivery" label="outbox.one" ids={loaded.rows.map((delivery) => delivery.id)}>
        {(id) => (
          <Part key={id}>
            <DeliveryDetail deliveryId={id} state={(delivery) => <DeliveryState delivery={delivery} />} actions={actions} />
          </Part>
        )}
      </SidePanel>
    </Page>
  )
}
