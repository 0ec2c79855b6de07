import { Radio, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Scope, ScopeLine } from '@vigie/domain/access'
import { customersApi } from '@vigie/domain/customers'
import { useState } from 'react'
import { useField, useFormState } from '../kit/form/index.ts'
import { query } from '../kit/query.ts'
import { dayOf, endOfDay } from '../kit/time.ts'
import { useText } from '../kit/text.tsx'
import { Button, IconButton } from '../ui/Button.tsx'
import css from './Account.module.css'

/** ACC-14: what the account may touch. Null: everything. Else lines of allow and deny; a line's end is the end of that day in the reader's zone. */
export function ScopeField({ name }: { name: string }) {
  const say = useText()
  const { value, set, error } = useField<Scope>(name)
  const { id } = useFormState()
  const [lines, setLines] = useState<readonly ScopeLine[]>(value ?? [])
  const change = (next: readonly ScopeLine[]) => {
    setLines(next)
    set([...next])
  }
  return (
    <div className={css.container}>
      <Radio.Group
        label={say('access.scope')}
        description={say('access.scope.help')}
        error={error}
        value={value === null ? 'all' : 'lines'}
        onChange={(kind) => (kind === 'all' ? set(null) : change(lines.length > 0 ? lines : [newLine]))}
      >
        <div className={css.scopeChoice} style={{ marginTop: 8 }}>
          <Radio id={`${id}-scope-all`} value="all" label={say('access.scope.all')} description={say('access.scope.all.help')} />
          <Radio id={`${id}-scope-lines`} value="lines" label={say('access.scope.lines')} description={say('access.scope.lines.help')} />
        </div>
      </Radio.Group>
      {value !== null && (
        <div className={css.rules}>
          {/* Lines have no identity of their own: their order is all there is. */}
          {lines.map((line, index) => (
            <Line
              key={index}
              line={line}
              onChange={(next) => change(lines.map((one, at) => (at === index ? next : one)))}
              onRemove={() => change(lines.filter((_, at) => at !== index))}
            />
          ))}
          <div>
            <Button size="small" icon="plus" onClick={() => change([...lines, newLine])}>
              {say('access.scope.add')}
            </Button>
          </div>
        </div>
      )}
    </div>
  )
}

const newLine: ScopeLine = { effect: 'allow', target: { kind: 'all' }, endsAt: null }

function Line({ line, onChange, onRemove }: { line: ScopeLine; onChange(line: ScopeLine): void; onRemove(): void }) {
  const say = useText()
  const { target } = line
  const targetOf = (kind: string | null): ScopeLine['target'] =>
    kind === 'customer' ? { kind, customerId: '' } : kind === 'tag' ? { kind, tag: '' } : { kind: 'all' }
  return (
    <div className={css.rule}>
      <div>
        <Select
          aria-label={say('access.scope.effect')}
          allowDeselect={false}
          value={line.effect}
          onChange={(effect) => onChange({ ...line, effect: effect as ScopeLine['effect'] })}
          data={(['allow', 'deny'] as const).map((effect) => ({ value: effect, label: say(`scope-effect.${effect}`) }))}
        />
      </div>
      <div>
        <Select
          aria-label={say('access.scope.target')}
          allowDeselect={false}
          value={target.kind}
          onChange={(kind) => onChange({ ...line, target: targetOf(kind) })}
          data={(['all', 'customer', 'tag'] as const).map((kind) => ({ value: kind, label: say(`access.scope.target.${kind}`) }))}
        />
      </div>
      {target.kind === 'customer' ? (
        <div>
          <CustomerChooser
            value={target.customerId}
            onChange={(customerId) => onChange({ ...line, target: { kind: 'customer', customerId } })}
          />
        </div>
      ) : target.kind === 'tag' ? (
        <TextInput
          aria-label={say('access.scope.tag')}
          placeholder={say('access.scope.tag')}
          maxLength={50}
          value={target.tag}
          onChange={(event) => onChange({ ...line, target: { kind: 'tag', tag: event.currentTarget.value } })}
        />
      ) : (
        <span className="quiet" style={{ padding: '6px 0' }}>
          {say('access.scope.later-too')}
        </span>
      )}
      <input
        type="date"
        className={css.date}
        aria-label={say('access.scope.ends')}
        title={say('access.scope.ends')}
        value={line.endsAt === null ? '' : dayOf(line.endsAt, say.timeZone)}
        onChange={(event) => onChange({ ...line, endsAt: event.target.value === '' ? null : endOfDay(event.target.value, say.timeZone) })}
      />
      <IconButton icon="trash" label={say('access.scope.remove')} onClick={onRemove} />
    </div>
  )
}

/** Finds by name as one types; the chosen one's name is asked for if no search has brought it. */
export function CustomerChooser({ value, onChange }: { value: string; onChange(customerId: string): void }) {
  const say = useText()
  const [search, setSearch] = useState('')
  const found = useQuery(query(customersApi.listCustomers).with({ query: { q: search, limit: 20 } })).data?.rows ?? []
  const isKnown = value === '' || found.some((customer) => customer.id === value)
  const chosen = useQuery({ ...query(customersApi.getCustomer).with({ params: { customerId: value } }), enabled: !isKnown, retry: false })
  const options = found.map((customer) => ({ value: customer.id, label: customer.company }))
  if (!isKnown) options.unshift({ value, label: chosen.data?.company ?? (chosen.isError ? say('access.scope.gone') : '…') })
  return (
    <Select
      aria-label={say('access.scope.customer')}
      placeholder={say('access.scope.customer')}
      searchable
      allowDeselect={false}
      nothingFoundMessage={say('kit.form.no-match')}
      data={options}
      filter={({ options: all }) => all}
      value={value || null}
      onSearchChange={(text) => setSearch(options.some((option) => option.label === text) ? '' : text)}
      onChange={(id) => id && onChange(id)}
    />
  )
}
