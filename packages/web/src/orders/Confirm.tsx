import { isDangerous, ordersApi, type DryRun, type Order } from '@vigie/domain/orders'
import { useState } from 'react'
import {
  Button,
  CheckboxField,
  Form,
  Notice,
  Panel,
  paths,
  Section,
  Stack,
  TextField,
  toast,
  useAction,
  useForm,
  useGo,
  useText,
} from '../kit/index.ts'
import { DryRunFacts } from './DryRunFacts.tsx'
import { deedKey } from './words.tsx'

export type Looked = { order: Order; dryRun: DryRun }

/** What was looked at, and the word that gives it. @param onMoved the numbers are others by now: they are shown, and confirmed again */
export function Confirm({ looked: { order, dryRun }, onMoved }: { looked: Looked; onMoved(looked: Looked): void }) {
  const say = useText()
  const go = useGo()
  const give = useAction(ordersApi.confirmOrder)
  const [hasMoved, setMoved] = useState(false)
  const form = useForm({
    initial: { code: '', hasSeen: false },
    submit: ({ code, hasSeen }, intent) =>
      give.run(
        {
          params: { orderId: order.id },
          body: { ...(dryRun.needs === 'delay' ? { code } : {}), confirmWeaker: dryRun.weakens && hasSeen },
        },
        { intent },
      ),
    onDone: (reply) => {
      if (reply.hasMoved) {
        setMoved(true)
        return onMoved(reply)
      }
      toast(dryRun.needs === 'nobody' ? 'orders.given' : `orders.given.${dryRun.needs}`)
      void go(paths.order({ orderId: order.id }))
    },
  })
  const count = dryRun.places?.planned ?? dryRun.willGet
  return (
    <Section title="orders.dry-run">
      <Panel>
        <Stack>
          {hasMoved && (
            <Notice tone="warning" title="orders.moved">
              {say('orders.moved.about')}
            </Notice>
          )}
          <DryRunFacts dryRun={dryRun} />
          {count === 0 ? (
            <Notice tone="warning" title={dryRun.places === null ? 'problem.order.nobody-left' : 'orders.places.nothing'}>
              {say('remedy.choose-other-targets')}
            </Notice>
          ) : (
            <Form
              form={form}
              isDangerous={isDangerous(order.type) || dryRun.weakens}
              unguarded
              secondary={<Button onClick={() => void go(paths.orders())}>{say('kit.cancel')}</Button>}
              action={{
                key: dryRun.places === null ? 'orders.give' : 'orders.give.places',
                values: { command: say(deedKey(order.type)), count },
              }}
            >
              {dryRun.weakens && <CheckboxField name="hasSeen" label="orders.weakens.seen" />}
              {dryRun.needs === 'delay' && (
                <TextField
                  name="code"
                  label="orders.code"
                  help="orders.code.help"
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  isRequired
                />
              )}
            </Form>
          )}
        </Stack>
      </Panel>
    </Section>
  )
}
