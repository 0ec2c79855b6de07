import { closingOf, versionOf, type Order } from '@vigie/domain/orders'
import type { ReactNode } from 'react'
import { Facts, Link, Panel, paths, useFormat, useText } from '../kit/index.ts'
import { useRings } from './words.tsx'

type Fact = [label: string, value: ReactNode]

/** A fact only where there is something to tell. */
const told = <T,>(value: T | null, label: string, show: (value: T) => ReactNode): Fact[] => (value === null ? [] : [[label, show(value)]])

/** Who gave it, when and how; what it takes back, or was taken back by. */
export function About({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  const percents = useRings()
  const closing = closingOf(order.params)
  const list = order.params !== null && 'list' in order.params ? order.params.list : null
  const asItIs = (text: string) => text
  const linkTo = (words: string) => (orderId: string) => <Link to={paths.order({ orderId })}>{say(words)}</Link>
  const rings =
    order.ringPercents.length > 1
      ? say('orders.rings.of', { ring: order.ring, rings: order.ringPercents.length, percents: percents(order.ringPercents) })
      : say('orders.rings.none')
  return (
    <Panel>
      <Facts
        facts={[
          ...told(versionOf(order.params), 'releases.order.version', asItIs),
          ...(closing === null ? [] : closingFacts(closing, format)),
          ['orders.column.createdBy', order.createdBy],
          ['orders.given-at', order.givenAt && format.moment(order.givenAt)],
          ['orders.ended-at', order.endedAt && format.moment(order.endedAt)],
          ['orders.rings', rings],
          ...told(order.approvedBy, order.state === 'refused' ? 'orders.refused-by' : 'orders.approved-by', asItIs),
          ...told(order.templateName, 'orders.carry.template', asItIs),
          ...told(list, 'orders.carry.list', (kind) => say(`url-kind.${kind}`)),
          ...told(order.undoOf, 'orders.undo.of', linkTo('orders.again-of.open')),
          ...told(order.undoneBy, 'orders.undone-by', linkTo('orders.undone-by.open')),
          ...told(order.againOf, 'orders.again-of', linkTo('orders.again-of.open')),
        ]}
      />
    </Panel>
  )
}

/** EVT-5: what outbreak defence closes; what an order leaves out is not named. */
function closingFacts(closing: NonNullable<ReturnType<typeof closingOf>>, format: { moment(at: string): string }): [string, string][] {
  const lists: [string, readonly (string | number)[]][] = [
    ['orders.closing.ports', closing.blockPorts],
    ['orders.closing.folders', closing.denyWrites],
    ['orders.closing.attachments', closing.blockAttachments ?? []],
  ]
  return [
    ['orders.closing.until', format.moment(closing.until)],
    ...lists.filter(([, list]) => list.length > 0).map(([label, list]): [string, string] => [label, list.join(', ')]),
  ]
}
