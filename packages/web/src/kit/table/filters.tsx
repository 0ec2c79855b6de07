import { Menu } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { Icon } from '../../ui/icons.tsx'
import { useAddress, useGo } from '../address.ts'
import { useText, type Label } from '../text.tsx'
import css from './filters.module.css'

/** One filter of a list, by its name in the address and in the API. */
export interface Filter {
  key: string
  label: string
  /** Text keys or plain words by value. */
  options: { value: string; label: Label }[]
  /** One value at a time; else several, comma-separated. */
  isSingle?: boolean
}

/** Search and filter chips over a list; on a phone those that filter, and the others behind one button. All state is in the address; a change goes back to the first page. */
export function FilterBar({ filters, search }: { filters: Filter[]; search: string | undefined }) {
  const say = useText()
  const at = useAddress()
  const go = useGo()
  const [isOpen, setOpen] = useState(false)
  const active = filters.filter((filter) => at.search[filter.key])
  const set = (key: string, value: string) => void go(`?${new URLSearchParams({ [key]: value, cursor: '', page: '' })}`, { replace: true })
  return (
    <div className={css.bar} role="search">
      {search && <SearchBox label={search} />}
      {filters.length > 2 && (
        <button
          type="button"
          className={`${css.chip} ${css.chipButton} ${css.more}`}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {say('kit.filter.all', { count: active.length })}
          <Icon name="chevronDown" size={12} />
        </button>
      )}
      {filters.map((filter) => (
        <FilterChip key={filter.key} filter={filter} value={at.search[filter.key] ?? ''} onChange={(value) => set(filter.key, value)} />
      ))}
      {(active.length > 0 || at.search['q']) && (
        <button
          type="button"
          className={css.clear}
          onClick={() =>
            void go(`?${new URLSearchParams([...active.map((f) => [f.key, '']), ['q', ''], ['cursor', ''], ['page', '']])}`, {
              replace: true,
            })
          }
        >
          {say('kit.filter.clear')}
        </button>
      )}
    </div>
  )
}

function SearchBox({ label }: { label: string }) {
  const say = useText()
  const at = useAddress()
  const go = useGo()
  const inAddress = at.search['q'] ?? ''
  const [text, setText] = useState(inAddress)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (document.activeElement !== input.current) setText(inAddress)
  }, [inAddress])
  useEffect(() => {
    if (text === inAddress) return
    const timer = setTimeout(() => void go(`?${new URLSearchParams({ q: text.trim(), cursor: '', page: '' })}`, { replace: true }), 220)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only what the person types starts the wait
  }, [text])
  return (
    <label className={css.search}>
      <Icon name="search" size={14} />
      <span className="sr-only">{say(label)}</span>
      <input ref={input} type="search" value={text} placeholder={say(label)} onChange={(event) => setText(event.target.value)} />
    </label>
  )
}

function FilterChip({ filter, value, onChange }: { filter: Filter; value: string; onChange(value: string): void }) {
  const say = useText()
  const chosen = value === '' ? [] : value.split(',')
  const words = chosen.map((one) => say(filter.options.find((option) => option.value === one)?.label ?? { text: one }))
  const toggle = (one: string) => {
    if (filter.isSingle) onChange(chosen.includes(one) ? '' : one)
    else onChange((chosen.includes(one) ? chosen.filter((c) => c !== one) : [...chosen, one]).join(','))
  }
  return (
    <span className={`${css.chip} ${chosen.length > 0 ? css.active : ''}`}>
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className={css.chipButton}>
            {say(filter.label)}
            {words.length > 0 && (
              <strong>{words.length > 2 ? say('kit.filter.several', { count: words.length }) : words.join(', ')}</strong>
            )}
            {words.length === 0 && <Icon name="chevronDown" size={12} />}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {filter.options.map((option) => (
            <Menu.CheckboxItem
              key={option.value}
              checked={chosen.includes(option.value)}
              closeMenuOnClick={filter.isSingle ?? false}
              onChange={() => toggle(option.value)}
            >
              {say(option.label)}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      {chosen.length > 0 && (
        <button
          type="button"
          className={css.chipClose}
          aria-label={say('kit.filter.remove', { filter: say(filter.label) })}
          onClick={() => onChange('')}
        >
          <Icon name="close" size={12} />
        </button>
      )}
    </span>
  )
}
