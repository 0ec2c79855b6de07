import { customersApi } from '@vigie/domain/customers'
import { longestDefenceDays } from '@vigie/domain/outbreak'
import { isCarrying, isDangerous, isSwitch, orderParams, ordersApi, orderTypes, type DryRun, type GivenTarget, type Order, type OrderType } from '@vigie/domain/orders'
import { productsApi } from '@vigie/domain/products'
import { releasesApi } from '@vigie/domain/releases'
import { commandKinds } from '@vigie/domain/commands'
import { useState } from 'react'
import {
  Button, Form, load, Notice, NumberField, Page, Panel, paths, query, Section, SelectField, Stack, SwitchField, TagsField, TextField, toast, useAction, useActor, useAddress, useForm, useGo, useLoaded, useQuietly, useText,
} from '../kit/index.ts'
import { DryRunFacts } from './DryRunFacts.tsx'
import { orderShape, paramsOf } from './order-form.ts'
import { targetIn } from './target.ts'
import { deedKey, useRings } from './words.tsx'

const policy = query(ordersApi.getPolicy).with({})
const catalogue = query(productsApi.getCatalogue).with({})
const tags = query(customersApi.listTags).with({})
const versions = query(releasesApi.listVersions).with({})
export const loader = load(policy)

const offered = orderTypes.filter((type) => isSwitch(type) || (!isCarrying(type) && (type in orderParams || commandKinds[type].isPlain)))
type Looked = { order: Order; dryRun: DryRun }

/** One order over many: what, to whom, a look at what would happen, then the word. */
export default function NewOrderPage() {
  const at = useAddress()
  const [looked, setLooked] = useState<Looked | null>(null)
  const brought = targetIn(at.search)
  return (
    <Page title="orders.new" crumbs={[{ label: 'orders.title', to: paths.orders() }]} about="orders.new.about" narrow>
      <Stack>
        <Choose brought={brought} onLooked={setLooked} isLooked={looked !== null} />
        {looked && <Confirm key={looked.order.id} looked={looked} onMoved={setLooked} />}
      </Stack>
    </Page>
  )
}

function Choose({ brought, onLooked, isLooked }: { brought: GivenTarget | null; onLooked(looked: Looked | null): void; isLooked: boolean }) {
  const say = useText()
  const at = useAddress()
  const rings = useRings()
  const { ringPercents, frozenAt } = useLoaded(policy)
  const types = useQuietly(brought ? null : catalogue)?.types.filter((type) => type.isConnectable) ?? []
  const tagRows = useQuietly(brought ? null : tags)?.rows ?? []
  const look = useAction(ordersApi.draftOrder)
  const actor = useActor()
  const mayUpgrade = actor.can('agent.upgrade')
  const approved = useQuietly(mayUpgrade ? versions : null)?.rows.filter(({ release, approval }) => approval !== null && release?.isExpired === false).map(({ version }) => version) ?? []
  const choices = offered.filter((type) => mayUpgrade || type !== 'upgrade-agent')
  const wanted = choices.find((type) => type === at.search['type'])
  const form = useForm({
    initial: { type: (wanted ?? null) as string | null, tag: null as string | null, typeId: null as string | null, version: (at.search['version'] ?? null) as string | null, days: 3 as number | null, ports: (at.search['ports'] ?? '').split(',').filter(Boolean), isInRings: false },
    shape: orderShape as never,
    submit: async (values, intent) => {
      const type = values.type as OrderType
      const target: GivenTarget = brought ?? { kind: 'matching', ...(values.tag ? { tags: [values.tag] } : {}), ...(values.typeId ? { typeIds: [values.typeId] } : {}) }
      return await look.run({ body: { type, target, ...paramsOf(type, values, Date.now()), ...(isDangerous(type) ? {} : { isInRings: values.isInRings }) } }, { intent })
    },
    rename: { 'params.version': 'version', 'params.until': 'days', 'params.blockPorts': 'ports' },
    onDone: (reply) => onLooked(reply),
  })
  const type = form.values.type as OrderType | null
  const about = type === null ? null : `${deedKey(type)}.about`
  const change = (path: string) => ({ name: path })
  return (
    <Section title="orders.what">
      {frozenAt !== null && <Notice tone="warning" title="orders.frozen.title">{say('orders.frozen.new')}</Notice>}
      <Panel>
        <Form form={form} action={isLooked ? 'orders.look-again' : 'orders.look'} unguarded>
          <SelectField {...change('type')} label="orders.column.type" options={choices.map((one) => ({ value: one, label: deedKey(one) }))} isSearchable isRequired />
          {about && say.has(about) && <p className="quiet">{say(about)}</p>}
          {type === 'upgrade-agent' && (approved.length > 0 ? (
            <SelectField {...change('version')} label="releases.order.version" options={approved.map((version) => ({ value: version, label: { text: version } }))} isRequired />
          ) : (
            <Notice tone="warning" title="problem.release.not-approved">{say('releases.order.none')}</Notice>
          ))}
          {type === 'start-outbreak-defence' && (
            <>
              <TagsField name="ports" label="orders.closing.ports" help="outbreak.ports.help" isRequired maxTags={100} />
              <NumberField name="days" label="outbreak.rule.days-field" help={{ key: 'outbreak.rule.days-field.help', values: { max: longestDefenceDays } }} min={1} max={longestDefenceDays} isRequired />
              <p className="quiet">{say('outbreak.only-ports-yet')}</p>
            </>
          )}
          {brought ? (
            <p>{say(`orders.target.${brought.kind}`, { count: countOf(brought) })}</p>
          ) : (
            <>
              <SelectField {...change('tag')} label="orders.target.tag" help="orders.target.tag.help" options={tagRows.map(({ tag }) => ({ value: tag, label: { text: tag } }))} isClearable isSearchable />
              <SelectField {...change('typeId')} label="orders.target.type" options={types.map((one) => ({ value: one.id, label: `product-type.${one.id}.name` }))} isClearable />
            </>
          )}
          {type !== null && isDangerous(type) ? (
            <Notice tone="warning" title="orders.dangerous">{say('orders.dangerous.about', { rings: rings(ringPercents) })}</Notice>
          ) : (
            <SwitchField name="isInRings" label="orders.in-rings" help={{ key: 'orders.in-rings.help', values: { rings: rings(ringPercents) } }} />
          )}
        </Form>
      </Panel>
    </Section>
  )
}

const countOf = (target: GivenTarget): number => ('agentIds' in target ? target.agentIds.length : 'endpointIds' in target ? target.endpointIds.length : 'productIds' in target ? target.productIds.length : target.kind === 'customers' ? target.customerIds.length : 0)

function Confirm({ looked: { order, dryRun }, onMoved }: { looked: Looked; onMoved(looked: Looked): void }) {
  const say = useText()
  const go = useGo()
  const give = useAction(ordersApi.confirmOrder)
  const [hasMoved, setMoved] = useState(false)
  const form = useForm({
    initial: { code: '' },
    submit: ({ code }, intent) => give.run({ params: { orderId: order.id }, body: dryRun.needs === 'delay' ? { code } : {} }, { intent }),
    onDone: (reply) => {
      if (reply.hasMoved) {
        setMoved(true)
        return onMoved(reply)
      }
      toast(dryRun.needs === 'nobody' ? 'orders.given' : `orders.given.${dryRun.needs}`)
      void go(paths.order({ orderId: order.id }))
    },
  })
  return (
    <Section title="orders.dry-run">
      <Panel>
        <Stack>
          {hasMoved && <Notice tone="warning" title="orders.moved">{say('orders.moved.about')}</Notice>}
          <DryRunFacts dryRun={dryRun} />
          {dryRun.willGet === 0 ? (
            <Notice tone="warning" title="problem.order.nobody-left">{say('remedy.choose-other-targets')}</Notice>
          ) : (
            <Form form={form} action={{ key: 'orders.give', values: { command: say(deedKey(order.type)), count: dryRun.willGet } }} isDangerous={isDangerous(order.type)} unguarded secondary={<Button onClick={() => void go(paths.orders())}>{say('kit.cancel')}</Button>}>
              {dryRun.needs === 'delay' && <TextField name="code" label="orders.code" help="orders.code.help" inputMode="numeric" autoComplete="one-time-code" isRequired />}
            </Form>
          )}
        </Stack>
      </Panel>
    </Section>
  )
}
