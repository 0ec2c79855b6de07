import { Select } from '@mantine/core'
import { customersApi } from '@vigie/domain/customers'
import { mostWindowEndpoints, targetKinds } from '@vigie/domain/maintenance'
import { productsApi } from '@vigie/domain/products'
import { useState } from 'react'
import { FieldRow, IconButton, query, SelectField, useActor, useField, useFormState, useQuietly, useText } from '../kit/index.ts'
import css from './maintenance.module.css'
import type { Plan } from './plan.ts'
import { groupWords } from './words.ts'

const tags = query(customersApi.listTags).with({})

/** Whose events, from the widest to single endpoints. */
export function TargetFields() {
  const actor = useActor()
  const form = useFormState()
  const { target, customerId, productId } = form.values as Plan
  const tagRows = useQuietly(target === 'tag' && actor.can('customer.update') ? tags : null)?.rows ?? []
  const groups =
    useQuietly(target === 'group' && productId ? query(productsApi.listGroups).with({ params: { productId } }) : null)?.rows ?? []
  const say = useText()
  const isOfCustomer = target !== 'all' && target !== 'tag'
  const isOfProduct = isOfCustomer && target !== 'customer'
  const kinds = targetKinds.filter((kind) => actor.account.scope === null || (kind !== 'all' && kind !== 'tag'))
  return (
    <>
      <SelectField
        name="target"
        label="maintenance.column.target"
        isRequired
        options={kinds.map((value) => ({ value, label: `maintenance-target.${value}` }))}
      />
      {target === 'tag' && (
        <SelectField
          name="tag"
          label="maintenance.tag"
          isRequired
          isSearchable
          options={tagRows.map(({ tag }) => ({ value: tag, label: { text: tag } }))}
        />
      )}
      {isOfCustomer && (
        <FieldRow>
          <CustomerField />
          {isOfProduct && <ProductField key={customerId ?? ''} customerId={customerId} />}
        </FieldRow>
      )}
      {target === 'group' && productId && (
        <SelectField
          name="group"
          label="maintenance-target.group"
          help="maintenance.narrow"
          isRequired
          options={groups.map((group) => ({ value: group.name, label: { text: groupWords(say, group) } }))}
        />
      )}
      {target === 'endpoints' && productId && <EndpointsField key={productId} productId={productId} />}
    </>
  )
}

/** Any of them, however many: the server searches. */
function CustomerField() {
  const say = useText()
  const form = useFormState()
  const field = useField<string | null>('customerId')
  const [search, setSearch] = useState('')
  const chosen = useQuietly(field.value ? query(customersApi.getCustomer).with({ params: { customerId: field.value } }) : null)
  const q = search.trim() === chosen?.company ? '' : search.trim()
  const found =
    useQuietly(query(customersApi.listCustomers).with({ query: { sort: 'company', limit: '50' as never, ...(q === '' ? {} : { q }) } }))
      ?.rows ?? []
  const options = found.map(({ id, company }) => ({ value: id, label: company }))
  if (chosen && !options.some(({ value }) => value === chosen.id)) options.unshift({ value: chosen.id, label: chosen.company })
  return (
    <Select
      id={field.id}
      label={say('common.customer')}
      error={field.error}
      required
      withAsterisk={false}
      searchable
      allowDeselect={false}
      data={options}
      filter={({ options: all }) => all}
      nothingFoundMessage={say('kit.form.no-match')}
      value={options.length === 0 ? null : field.value}
      onSearchChange={setSearch}
      onChange={(value) => {
        field.set(value)
        if (value === field.value) return
        for (const [path, none] of [
          ['productId', null],
          ['group', null],
          ['endpoints', []],
        ] as const)
          form.set(path, none)
        // work is planned by the clock of the place
        const zone = found.find(({ id }) => id === value)?.timeZone
        if (zone !== undefined) form.set('timeZone', zone)
      }}
    />
  )
}

function ProductField({ customerId }: { customerId: string | null }) {
  const say = useText()
  const form = useFormState()
  const field = useField<string | null>('productId')
  const products =
    useQuietly(customerId ? query(productsApi.listProducts).with({ query: { customerId, limit: '200' as never } }) : null)?.rows ?? []
  return (
    <Select
      id={field.id}
      label={say('common.product')}
      error={field.error}
      required
      withAsterisk={false}
      searchable
      allowDeselect={false}
      data={products.map(({ id, description }) => ({ value: id, label: description }))}
      nothingFoundMessage={say('kit.form.no-match')}
      value={products.length === 0 ? null : field.value}
      onChange={(value) => {
        field.set(value)
        if (value !== field.value)
          for (const [path, none] of [
            ['group', null],
            ['endpoints', []],
          ] as const)
            form.set(path, none)
      }}
    />
  )
}

/** One after the other, found by name. */
function EndpointsField({ productId }: { productId: string }) {
  const say = useText()
  const field = useField<Plan['endpoints']>('endpoints')
  const [search, setSearch] = useState('')
  const q = search.trim()
  const found =
    useQuietly(
      query(productsApi.listEndpoints).with({ query: { productId, sort: 'name', limit: '50' as never, ...(q === '' ? {} : { q }) } }),
    )?.rows ?? []
  const isFull = field.value.length >= mostWindowEndpoints
  const options = found.filter(({ id }) => !field.value.some((one) => one.id === id)).map(({ id, name }) => ({ value: id, label: name }))
  return (
    <div>
      <Select
        id={field.id}
        label={say('maintenance-target.endpoints')}
        description={say('maintenance.narrow')}
        error={field.error}
        placeholder={say('maintenance.endpoints.add')}
        searchable
        disabled={isFull}
        data={options}
        filter={({ options: all }) => all}
        nothingFoundMessage={say('kit.form.no-match')}
        value={null}
        searchValue={search}
        onSearchChange={setSearch}
        onChange={(value, option) => {
          if (value !== null) field.set([...field.value, { id: value, name: option.label }])
          setSearch('')
        }}
      />
      {field.value.length > 0 && (
        <ul className={css.chosen}>
          {field.value.map((one) => (
            <li key={one.id}>
              <span>{one.name}</span>
              <IconButton
                icon="close"
                size="small"
                label={say('maintenance.endpoints.remove', { name: one.name })}
                onClick={() => field.set(field.value.filter(({ id }) => id !== one.id))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
