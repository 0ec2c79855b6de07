import { Select } from '@mantine/core'
import { customersApi } from '@vigie/domain/customers'
import { useState } from 'react'
import { query, useField, useQuietly, useText, type Label } from '../kit/index.ts'

/** One of the business's customers, however many there are: the server searches. @param except one that is no choice */
export function CustomerField({ name, label, except }: { name: string; label: Label; except: string }) {
  const say = useText()
  const field = useField<string | null>(name)
  const [chosen, setChosen] = useState<{ value: string; label: string } | null>(null)
  const [search, setSearch] = useState('')
  const q = search.trim() === chosen?.label ? '' : search.trim()
  const found =
    useQuietly(query(customersApi.listCustomers).with({ query: { sort: 'company', limit: '50' as never, ...(q === '' ? {} : { q }) } }))
      ?.rows ?? []
  const options = found.filter(({ id }) => id !== except).map(({ id, company }) => ({ value: id, label: company }))
  if (chosen && !options.some(({ value }) => value === chosen.value)) options.unshift(chosen)
  return (
    <Select
      id={field.id}
      label={say(label)}
      error={field.error}
      required
      withAsterisk={false}
      searchable
      allowDeselect={false}
      data={options}
      filter={({ options: all }) => all}
      nothingFoundMessage={say('kit.form.no-match')}
      value={field.value}
      onSearchChange={setSearch}
      onChange={(value, option) => {
        setChosen(option ? { value: option.value, label: option.label } : null)
        field.set(value)
      }}
    />
  )
}
