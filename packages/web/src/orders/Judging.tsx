import { ordersApi, type Order } from '@vigie/domain/orders'
import { useState } from 'react'
import { Button, confirm, Form, Notice, Stack, TextField, useAction, useActor, useForm, useText } from '../kit/index.ts'
import { deedKey } from './words.tsx'

/** R16: a second person looks at it, and proves to be there. */
export function Judging({ order }: { order: Order }) {
  const say = useText()
  const actor = useActor()
  const judge = useAction(ordersApi.judgeOrder)
  const [isAsked, setAsked] = useState(false)
  const isOwn = order.createdById === actor.account.id
  const form = useForm({
    initial: { code: '' },
    submit: ({ code }, intent) => judge.run({ params: { orderId: order.id }, body: { isApproved: true, code } }, { intent }),
  })
  const refuse = () =>
    confirm({
      title: 'orders.refuse.title',
      consequence: 'orders.refuse.about',
      action: 'orders.refuse',
      run: () => judge.run({ params: { orderId: order.id }, body: { isApproved: false } }),
    })
  if (isOwn || !actor.can('order.approve'))
    return (
      <Notice tone="pending" title="orders.waits.title">
        {say('orders.waits.about')}
      </Notice>
    )
  return (
    <Notice
      tone="warning"
      title={order.createdById === null ? 'orders.judge.own.title' : { key: 'orders.judge.title', values: { name: order.createdBy } }}
    >
      <Stack>
        <p>
          {say(order.createdById === null ? 'orders.judge.own.about' : 'orders.judge.about', {
            command: say(deedKey(order.type)),
            agents: order.counts.planned,
            customers: order.customerCount,
          })}
        </p>
        {isAsked ? (
          <Form
            form={form}
            action="orders.approve"
            isDangerous
            unguarded
            secondary={<Button onClick={() => setAsked(false)}>{say('kit.cancel')}</Button>}
          >
            <TextField
              name="code"
              label="orders.code"
              help="orders.code.help"
              inputMode="numeric"
              autoComplete="one-time-code"
              autoFocus
              isRequired
            />
          </Form>
        ) : (
          <div>
            <Button
              kind="primary"
              onClick={() => setAsked(true)}
              disabledReason={actor.account.hasMfa ? undefined : say('problem.mfa.needed-here')}
            >
              {say('orders.approve')}
            </Button>{' '}
            <Button onClick={refuse}>{say('orders.refuse')}</Button>
          </div>
        )}
      </Stack>
    </Notice>
  )
}
