import { ordersApi } from '@vigie/domain/orders'
import {
  Button,
  confirm,
  FieldRow,
  Form,
  load,
  Notice,
  NumberField,
  Page,
  Panel,
  paths,
  query,
  Section,
  TextField,
  toast,
  useAction,
  useActor,
  useForm,
  useFormat,
  useLoaded,
  useText,
} from '../kit/index.ts'
import { useRings } from './words.tsx'

const policy = query(ordersApi.getPolicy).with({})
export const loader = load(policy)

/** R16: how orders go out in this business, and the switch that stops all of them. */
export default function OrderRulesPage() {
  const { version } = useLoaded(policy)
  return (
    <Page title="orders.rules" crumbs={[{ label: 'shell.administration', to: paths.administration() }]} about="orders.rules.about" narrow>
      <Freeze />
      <Rules key={version} />
    </Page>
  )
}

function Freeze() {
  const say = useText()
  const format = useFormat()
  const actor = useActor()
  const { frozenAt, frozenBy } = useLoaded(policy)
  const freeze = useAction(ordersApi.freeze)
  const unfreeze = useAction(ordersApi.unfreeze)
  const stop = () =>
    confirm({
      title: 'orders.freeze.title',
      consequence: 'orders.freeze.consequence',
      undo: 'orders.freeze.undo',
      action: 'orders.freeze',
      isDangerous: true,
      run: () => freeze.run({}),
    })
  const lift = () =>
    confirm({
      title: 'orders.unfreeze.title',
      consequence: 'orders.unfreeze.consequence',
      action: 'orders.unfreeze',
      run: () => unfreeze.run({}),
    })
  return (
    <Section title="orders.freeze.heading" about="orders.freeze.about">
      <Panel>
        {frozenAt === null ? (
          <Button kind="danger" onClick={stop} disabledReason={actor.can('order.send') ? undefined : say('problem.permission.missing')}>
            {say('orders.freeze')}
          </Button>
        ) : (
          <Notice
            tone="action-required"
            title="orders.frozen.title"
            action={
              <Button onClick={lift} disabledReason={actor.can('order.approve') ? undefined : say('orders.unfreeze.not-you')}>
                {say('orders.unfreeze')}
              </Button>
            }
          >
            {say('orders.frozen.by', { name: frozenBy ?? '', at: format.moment(frozenAt) })}
          </Notice>
        )}
      </Panel>
    </Section>
  )
}

function Rules() {
  const actor = useActor()
  const say = useText()
  const rings = useRings()
  const present = useLoaded(policy)
  const save = useAction(ordersApi.setPolicy)
  const bodyOf = (values: {
    rings: string
    ringMinutes: number | null
    failurePercent: number | null
    capCustomers: number | null
    capPercent: number | null
  }) => {
    const { rings, ...others } = values
    return {
      ...others,
      ringPercents: rings
        .split(/[\s,;→%]+/)
        .filter(Boolean)
        .map(Number),
    }
  }
  const form = useForm({
    initial: {
      rings: present.ringPercents.join(', '),
      ringMinutes: present.ringMinutes as number | null,
      failurePercent: present.failurePercent as number | null,
      capCustomers: present.capCustomers as number | null,
      capPercent: present.capPercent as number | null,
    },
    submit: (values) => save.run({ body: bodyOf(values) as never }, { version: present.version }),
    rename: { ringPercents: 'rings' },
    onDone: () => toast('kit.saved'),
  })
  if (!actor.can('order.approve'))
    return (
      <Section title="orders.rules.rings">
        <Panel>
          <p>
            {say('orders.rules.read', { rings: rings(present.ringPercents), customers: present.capCustomers, percent: present.capPercent })}
          </p>
        </Panel>
      </Section>
    )
  return (
    <Section title="orders.rules.rings" about="orders.rules.rings.about">
      <Panel>
        <Form form={form} onlyWhenDirty>
          <TextField name="rings" label="orders.rules.percents" help="orders.rules.percents.help" isRequired />
          <FieldRow>
            <NumberField name="ringMinutes" label="orders.rules.minutes" help="orders.rules.minutes.help" min={1} max={1440} isRequired />
            <NumberField
              name="failurePercent"
              label="orders.rules.failures"
              help="orders.rules.failures.help"
              min={1}
              max={50}
              isRequired
            />
          </FieldRow>
          <FieldRow>
            <NumberField
              name="capCustomers"
              label="orders.rules.cap-customers"
              help="orders.rules.cap-customers.help"
              min={1}
              max={1000}
              isRequired
            />
            <NumberField
              name="capPercent"
              label="orders.rules.cap-percent"
              help="orders.rules.cap-percent.help"
              min={1}
              max={50}
              isRequired
            />
          </FieldRow>
        </Form>
      </Panel>
    </Section>
  )
}
