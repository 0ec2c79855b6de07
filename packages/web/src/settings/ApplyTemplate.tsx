import { Select } from '@mantine/core'
import { customersApi } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { productsApi } from '@vigie/domain/products'
import { settingsApi, type Template, type TemplateEffect } from '@vigie/domain/settings'
import { useState } from 'react'
import { Button, Notice, Panel, query, Section, Stack, StateTag, toast, trouble, useAction, useQuietly, useText } from '../kit/index.ts'
import css from './settings.module.css'
import { slotName, valueWords } from './words.ts'
import { askAboutWeaker } from './useSettings.ts'

interface Target {
  customerId: string
  productId: string | null
  group: string | null
  name: string
}

/** ADM-3: where to, then what it would change there, then the change; nothing happens before the difference was shown. */
export function ApplyTemplate({ template }: { template: Template }) {
  const say = useText()
  const previewing = useAction(settingsApi.previewTemplate)
  const applying = useAction(settingsApi.applyTemplate)
  const [targets, setTargets] = useState<readonly Target[]>([])
  const [effects, setEffects] = useState<{ version: number; rows: readonly TemplateEffect[] } | null>(null)
  const params = { templateId: template.id }
  const sent = targets.map(({ customerId, productId, group }) => ({ customerId, productId, group }))
  const change = (next: readonly Target[]) => {
    setTargets(next)
    setEffects(null)
  }
  const preview = async () => {
    try {
      const { version, effects: rows } = await previewing.run({ params, body: { targets: sent } })
      setEffects({ version, rows })
    } catch (error) {
      trouble(error)
    }
  }
  const apply = async () => {
    const run = async (confirmWeaker: boolean) => {
      await applying.run({ params, body: { targets: sent, version: effects!.version, confirmWeaker } })
      change([])
      toast({ key: 'settings.apply.done', values: { count: sent.length } })
    }
    try {
      await run(false)
    } catch (error) {
      if (error instanceof Problem && error.code === 'setting.weakens') askAboutWeaker(say, error, () => run(true))
      else trouble(error)
    }
  }
  const isRefused = effects?.rows.some(({ reason }) => reason !== null)
  return (
    <Section title="settings.apply" about="settings.apply.about">
      <Panel>
        <Stack tight>
          <Picker add={(target) => change([...targets.filter((one) => one.name !== target.name), target])} />
          {targets.length > 0 && (
            <div className={css.standing}>
              {targets.map((target) => (
                <span key={target.name}>
                  <StateTag tone="quiet" label={{ text: target.name }} />
                  <Button
                    kind="quiet"
                    size="small"
                    icon="close"
                    aria-label={say('settings.apply.leave-out', { name: target.name })}
                    onClick={() => change(targets.filter((one) => one !== target))}
                  />
                </span>
              ))}
            </div>
          )}
          {effects?.rows.map((effect) => (
            <Notice
              key={effect.names.join('/')}
              tone={effect.reason ? 'warning' : effect.changes.some(({ weakens }) => weakens) ? 'warning' : 'plain'}
              title={{ text: effect.names.join(' › ') }}
            >
              {effect.reason ? (
                say(`setting-reason.${effect.reason}`)
              ) : effect.changes.length === 0 ? (
                say('settings.apply.nothing', { count: effect.endpointCount })
              ) : (
                <div className={css.changes}>
                  <p>{say('settings.apply.reach', { count: effect.endpointCount })}</p>
                  {effect.changes.map((one, at) => (
                    <p key={`${one.key}-${at}`} className={css.change}>
                      <span>{slotName(say, one.key)}</span>{' '}
                      <span>
                        {say('settings.change', { from: valueWords(say, one.key, one.from), to: valueWords(say, one.key, one.to) })}
                      </span>{' '}
                      {one.weakens && <StateTag tone="warning" label="settings.weaker.tag" />}
                    </p>
                  ))}
                </div>
              )}
            </Notice>
          ))}
          <div className={css.standing}>
            <Button
              isBusy={previewing.isRunning}
              disabledReason={targets.length === 0 ? say('settings.apply.choose-first') : undefined}
              onClick={() => void preview()}
            >
              {say('settings.apply.preview')}
            </Button>
            {effects && (
              <Button
                kind="primary"
                isBusy={applying.isRunning}
                disabledReason={isRefused ? say('problem.template.does-not-fit') : undefined}
                onClick={() => void apply()}
              >
                {say('settings.apply.do', { count: targets.length })}
              </Button>
            )}
          </div>
        </Stack>
      </Panel>
    </Section>
  )
}

/** A customer, and if wanted one of its products, and one of its groups. */
function Picker({ add }: { add(target: Target): void }) {
  const say = useText()
  const [q, setQ] = useState('')
  // with its name: what was searched for is gone from the choices as soon as the search is
  const [customer, setCustomer] = useState<{ value: string; label: string } | null>(null)
  const customerId = customer?.value ?? null
  const [productId, setProduct] = useState<string | null>(null)
  const [group, setGroup] = useState<string | null>(null)
  const found = useQuietly(query(customersApi.listCustomers).with({ query: { limit: 50, ...(q === '' ? {} : { q }) } }))
  const tree = useQuietly(customerId === null ? null : query(productsApi.getTree).with({ params: { customerId } }))
  const customers = (found?.rows ?? []).map(({ id, company }) => ({ value: id, label: company }))
  if (customer && !customers.some(({ value }) => value === customer.value)) customers.unshift(customer)
  const product = tree?.products.find((one) => one.product.id === productId)
  const groupWords = (one: { name: string; label?: string | null }) =>
    one.label ?? (say.has(`group.${one.name}`) ? say(`group.${one.name}`) : one.name)
  const chosen = product?.groups.find((one) => one.name === group)
  const choose = () => {
    if (customer === null) return
    add({
      customerId: customer.value,
      productId,
      group,
      name: [customer.label, ...(product ? [product.product.description] : []), ...(chosen ? [groupWords(chosen)] : [])].join(' › '),
    })
    setCustomer(null)
    setProduct(null)
    setGroup(null)
    setQ('')
  }
  return (
    <div className={css.pick}>
      <Select
        label={say('settings.apply.customer')}
        searchable
        clearable
        data={customers}
        filter={({ options }) => options}
        onSearchChange={(next) => setQ(next === customer?.label ? '' : next)}
        nothingFoundMessage={say('kit.form.no-match')}
        value={customerId}
        clearButtonProps={{ 'aria-label': say('kit.form.clear') }}
        onChange={(_, next) => {
          setCustomer(next && { value: next.value, label: next.label })
          setProduct(null)
          setGroup(null)
        }}
      />
      <Select
        label={say('settings.apply.product')}
        clearable
        clearButtonProps={{ 'aria-label': say('kit.form.clear') }}
        disabled={!tree}
        placeholder={say('settings.apply.all-products')}
        data={(tree?.products ?? []).map(({ product: one }) => ({ value: one.id, label: one.description }))}
        value={productId}
        onChange={(next) => {
          setProduct(next)
          setGroup(null)
        }}
      />
      <Select
        label={say('settings.apply.group')}
        clearable
        clearButtonProps={{ 'aria-label': say('kit.form.clear') }}
        disabled={!product}
        placeholder={say('settings.whole-product')}
        data={(product?.groups ?? []).map((one) => ({ value: one.name, label: groupWords(one) }))}
        value={group}
        onChange={setGroup}
      />
      <Button icon="plus" disabledReason={customerId === null ? say('settings.apply.choose-first') : undefined} onClick={choose}>
        {say('settings.apply.add')}
      </Button>
    </div>
  )
}
