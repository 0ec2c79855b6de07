import { isEnded, ordersApi, reasonAgainstUndo, type Order } from '@vigie/domain/orders'
import { Button, confirm, paths, trouble, useAction, useActor, useGo, useText } from '../kit/index.ts'
import { useOrder } from './target.ts'

/** The order that takes this one back, as a dry run of its own; greyed where there is none, with the reason. */
function Undo({ order }: { order: Order }) {
  const say = useText()
  const go = useGo()
  const undo = useAction(ordersApi.undoOrder)
  const reason = reasonAgainstUndo(order)
  if (!isEnded(order.state) && reason === 'no-inverse') return null
  const look = async () => {
    try {
      const { order: back } = await undo.run({ params: { orderId: order.id } })
      void go(paths.order({ orderId: back.id }))
    } catch (error) {
      trouble(error)
    }
  }
  return (
    <Button isBusy={undo.isRunning} disabledReason={reason === null ? undefined : say(`order-undo.${reason}`)} onClick={() => void look()}>
      {say('orders.undo')}
    </Button>
  )
}

/** What may be done with it now. */
export function Steering({ order }: { order: Order }) {
  const say = useText()
  const actor = useActor()
  const again = useOrder()
  const { run, isRunning } = useAction(ordersApi.steerOrder)
  if (!actor.can('order.send')) return null
  const steer = (to: 'pause' | 'resume' | 'halt') => run({ params: { orderId: order.id }, body: { to } })
  const failed = order.counts.failed + order.counts.expired + order.counts.unknown
  const consequence =
    order.places === null
      ? { key: 'orders.halt.about', values: { count: order.counts.planned + order.counts.waiting } }
      : { key: 'orders.halt.about.places', values: { count: order.places.planned } }
  const halt = () =>
    confirm({
      title: 'orders.halt.title',
      consequence,
      undo: 'orders.halt.undo',
      action: 'orders.halt',
      isDangerous: true,
      run: () => steer('halt'),
    })
  return (
    <>
      {order.state === 'running' && (
        <Button isBusy={isRunning} onClick={() => void steer('pause').catch(trouble)}>
          {say('orders.pause')}
        </Button>
      )}
      {order.state === 'paused' && (
        <Button isBusy={isRunning} onClick={() => void steer('resume').catch(trouble)}>
          {say('orders.resume')}
        </Button>
      )}
      {['waiting', 'delayed', 'running', 'paused'].includes(order.state) && (
        <Button kind="danger" onClick={halt}>
          {say('orders.halt')}
        </Button>
      )}
      {order.state !== 'draft' && order.state !== 'refused' && <Undo order={order} />}
      {isEnded(order.state) && failed > 0 && order.places === null && order.undoOf === null && (
        <Button kind="primary" onClick={() => again({ kind: 'failed-of', orderId: order.id }, order.type)}>
          {say('orders.again', { count: failed })}
        </Button>
      )}
    </>
  )
}
