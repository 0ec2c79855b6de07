import { customersApi } from '@vigie/domain/customers'
import { isCarrying, isDangerous, ordersApi, orderTypes, type GivenTarget, type OrderType } from '@vigie/domain/orders'
import { productsApi } from '@vigie/domain/products'
import { releasesApi } from '@vigie/domain/releases'
import { useState } from 'react'
import {
  Form,
  lazily,
  load,
  Notice,
  Page,
  Panel,
  Part,
  paths,
  query,
  Section,
  SelectField,
  Stack,
  SwitchField,
  useAction,
  useActor,
  useAddress,
  useForm,
  useGo,
  useLoaded,
  useQuietly,
  useText,
} from '../kit/index.ts'
import type { Looked } from './Confirm.tsx'
import { emptyForm, orderShape, paramsOf } from './order-form.ts'
import { targetIn } from './target.ts'
import { deedKey, useRings } from './words.tsx'

/** Wanted only with some types, or after the look. */
const CarryFields = lazily(() => import('./CarryFields.tsx'), 'CarryFields')
const ClosingFields = lazily(() => import('./ClosingFields.tsx'), 'ClosingFields')
const Confirm = lazily(() => import('./Confirm.tsx'), 'Confirm')
const policy = query(ordersApi.getPolicy).with({})
const catalogue = query(productsApi.getCatalogue).with({})
const tags = query(customersApi.listTags).with({})
const versions = query(releasesApi.listVersions).with({})
export const loader = load(policy)

/** One order over many: what, to whom, a look at what would happen, then the word. */
export default function NewOrderPage() {
  const at = useAddress()
  const [looked, setLooked] = useState<Looked | null>(null)
  const brought = targetIn(at.search)
  return (
    <Page title="orders.new" crumbs={[{ label: 'orders.title', to: paths.orders() }]} about="orders.new.about" narrow>
      <Stack>
        <Choose brought={brought} onLooked={setLooked} isLooked={looked !== null} />
        {looked && (
          <Part key={looked.order.id}>
            <Confirm looked={looked} onMoved={setLooked} />
          </Part>
        )}
      </Stack>
    </Page>
  )
}

function Choose({
  brought,
  onLooked,
  isLooked,
}: {
  brought: GivenTarget | null
  onLooked(looked: Looked | null): void
  isLooked: boolean
}) {
  const say = useText()
  const go = useGo()
  const at = useAddress()
  const rings = useRings()
  const { ringPercents, frozenAt } = useLoaded(policy)
  const types = useQuietly(brought ? null : catalogue)?.types.filter((type) => type.isConnectable) ?? []
  const tagRows = useQuietly(brought ? null : tags)?.rows ?? []
  const look = useAction(ordersApi.draftOrder)
  const actor = useActor()
  const mayUpgrade = actor.can('agent.upgrade')
  const approved =
    useQuietly(mayUpgrade ? versions : null)
      ?.rows.filter(({ release, approval }) => approval !== null && release?.isExpired === false)
      .map(({ version }) => version) ?? []
  const choices = orderTypes.filter(
    (type) => (mayUpgrade || type !== 'upgrade-agent') && (actor.can('setting.update') || !isCarrying(type)),
  )
  const wanted = choices.find((type) => type === at.search['type'])
  const form = useForm({
    initial: {
      ...emptyForm,
      type: wanted ?? null,
      tag: null as string | null,
      typeId: null as string | null,
      version: at.search['version'] ?? null,
      ports: (at.search['ports'] ?? '').split(',').filter(Boolean),
      isInRings: false,
      ...(at.search['template'] ? { carries: 'template', templateId: at.search['template'] } : {}),
    },
    shape: orderShape as never,
    submit: async (values, intent) => {
      const type = values.type as OrderType
      const target: GivenTarget = brought ?? {
        kind: 'matching',
        ...(values.tag ? { tags: [values.tag] } : {}),
        ...(values.typeId ? { typeIds: [values.typeId] } : {}),
      }
      return await look.run(
        {
          body: {
            type,
            target,
            ...paramsOf(type, values, Date.now()),
            ...(isDangerous(type) || isCarrying(type) ? {} : { isInRings: values.isInRings }),
          },
        },
        { intent },
      )
    },
    rename: {
      'params.version': 'version',
      'params.until': 'days',
      'params.blockPorts': 'ports',
      'params.values': 'values',
      'params.entries': 'entries',
    },
    // what is carried is looked at customer by customer, on the order's own page
    onDone: (reply) => (isCarrying(reply.order.type) ? void go(paths.order({ orderId: reply.order.id })) : onLooked(reply)),
  })
  const type = form.values.type as OrderType | null
  const carries = type !== null && isCarrying(type)
  const isOfMachines = carries && brought !== null && !['customers', 'customers-list', 'products', 'matching'].includes(brought.kind)
  const about = type === null ? null : `${deedKey(type)}.about`
  const change = (path: string) => ({ name: path })
  return (
    <Section title="orders.what">
      {frozenAt !== null && (
        <Notice tone="warning" title="orders.frozen.title">
          {say('orders.frozen.new')}
        </Notice>
      )}
      <Panel>
        <Form form={form} action={isLooked ? 'orders.look-again' : 'orders.look'} unguarded>
          <SelectField
            {...change('type')}
            label="orders.column.type"
            options={choices.map((one) => ({ value: one, label: deedKey(one) }))}
            isSearchable
            isRequired
          />
          {about && say.has(about) && <p className="quiet">{say(about)}</p>}
          {type === 'upgrade-agent' &&
            (approved.length > 0 ? (
              <SelectField
                {...change('version')}
                label="releases.order.version"
                options={approved.map((version) => ({ value: version, label: { text: version } }))}
                isRequired
              />
            ) : (
              <Notice tone="warning" title="problem.release.not-approved">
                {say('releases.order.none')}
              </Notice>
            ))}
          {type === 'start-outbreak-defence' && (
            <Part>
              <ClosingFields />
            </Part>
          )}
          {carries && (
            <Part key={type}>
              <CarryFields type={type} isAtProducts={brought?.kind === 'products'} />
            </Part>
          )}
          {isOfMachines && (
            <Notice tone="warning" title="orders.carry.machines">
              {say('orders.carry.machines.about')}
            </Notice>
          )}
          {brought ? (
            <p>
              {say(carries && !isOfMachines ? `orders.carry.target.${brought.kind}` : `orders.target.${brought.kind}`, {
                count: countOf(brought),
              })}
            </p>
          ) : (
            <>
              <SelectField
                {...change('tag')}
                label="orders.target.tag"
                help="orders.target.tag.help"
                options={tagRows.map(({ tag }) => ({ value: tag, label: { text: tag } }))}
                isClearable
                isSearchable
              />
              <SelectField
                {...change('typeId')}
                label="orders.target.type"
                options={types.map((one) => ({ value: one.id, label: `product-type.${one.id}.name` }))}
                isClearable
              />
            </>
          )}
          {carries ? (
            <p className="quiet">{say('orders.carry.rings', { rings: rings(ringPercents) })}</p>
          ) : type !== null && isDangerous(type) ? (
            <Notice tone="warning" title="orders.dangerous">
              {say('orders.dangerous.about', { rings: rings(ringPercents) })}
            </Notice>
          ) : (
            <SwitchField
              name="isInRings"
              label="orders.in-rings"
              help={{ key: 'orders.in-rings.help', values: { rings: rings(ringPercents) } }}
            />
          )}
        </Form>
      </Panel>
    </Section>
  )
}

const countOf = (target: GivenTarget): number =>
  'agentIds' in target
    ? target.agentIds.length
    : 'endpointIds' in target
      ? target.endpointIds.length
      : 'productIds' in target
        ? target.productIds.length
        : target.kind === 'customers'
          ? target.customerIds.length
          : 0
