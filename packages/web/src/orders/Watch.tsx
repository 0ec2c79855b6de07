import { isEnded, ordersApi } from '@vigie/domain/orders'
import { useEffect, useRef } from 'react'
import { Link, Notice, paths, query, toast, useActor, useGo, useQuietly, useText } from '../kit/index.ts'
import { deedKey, progressOf } from './words.tsx'
import css from './orders.module.css'

const mine = query(ordersApi.listOrders).with({ query: { isMine: 'true', limit: 20, sort: '-createdAt' } as never })
const policy = query(ordersApi.getPolicy).with({})

/** In the shell, behind every screen: tells whoever gave an order when it ends, and everybody that commands are frozen. */
export default function Watch() {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const may = actor.can('order.read')
  const rows = useQuietly(may ? mine : null)?.rows
  const frozen = useQuietly(may ? policy : null)?.frozenAt != null
  const before = useRef<ReadonlyMap<string, boolean> | null>(null)
  useEffect(() => {
    if (!rows) return
    const known = before.current
    before.current = new Map(rows.map((order) => [order.id, isEnded(order.state)]))
    if (known === null) return
    for (const order of rows) {
      if (!isEnded(order.state) || known.get(order.id) !== false) continue
      toast(
        {
          key: `orders.ended.${order.places === null || order.state === 'refused' ? '' : 'set-'}${order.state}`,
          values: { command: say(deedKey(order.type)), ...progressOf(order) },
        },
        {
          label: 'orders.ended.open',
          run: () => void go(paths.order({ orderId: order.id })),
        },
      )
    }
  }, [rows, say, go])
  if (!frozen) return null
  return (
    <div className={css.banner} role="status">
      <Notice tone="action-required" title="orders.frozen.title" action={<Link to={paths.orderRules()}>{say('orders.frozen.open')}</Link>}>
        {say('orders.frozen.banner')}
      </Notice>
    </div>
  )
}
