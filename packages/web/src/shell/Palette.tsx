import { folded } from '@vigie/domain/search'
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useActor } from '../kit/actor.ts'
import { useGo } from '../kit/address.ts'
import { paths } from '../kit/paths.ts'
import { Glyph } from '../kit/Severity.tsx'
import { useText } from '../kit/text.tsx'
import { Icon } from '../ui/icons.tsx'
import { Overlay } from '../ui/Dialog.tsx'
import css from './Palette.module.css'
import { useCommands, useFound, useRecent, type Entry } from './palette-entries.ts'

/** Finds everything: screens and actions here, all else at the server. Arrows choose, Page keys leap from group to group, Enter goes, Escape closes. */
export default function Palette({ early, onClose }: { early: { current: string }; onClose(): void }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const [text, setText] = useState('')
  /** Null: the first. By its id: what arrives later moves it, and does not choose another. */
  const [chosen, setChosen] = useState<string | null>(null)
  const listId = useId()
  const list = useRef<HTMLDivElement>(null)

  const commands = useCommands(actor)
  const opened = useRecent(actor)
  const { found, told, isSearching } = useFound(text, actor)
  const entries = useMemo(() => {
    const wanted = text.trim()
    if (wanted === '') return [...opened, ...commands]
    const { first, rest } = matching(commands, wanted, say)
    const all: Entry = {
      id: 'all',
      group: 'shell.palette.more',
      label: { key: 'search.all-results', values: { q: wanted } },
      icon: 'search',
      to: paths.search({ q: wanted }),
    }
    return [...first, ...told, ...found, ...rest, all]
  }, [opened, commands, found, told, text, say])
  const groups = useMemo(() => Map.groupBy(entries, (entry) => entry.group), [entries])
  const ordered = useMemo(() => [...groups.values()].flat(), [groups])
  const index = Math.max(
    0,
    ordered.findIndex(({ id }) => id === chosen),
  )
  const choose = (at: number) => setChosen(ordered[at]?.id ?? null)

  // what was typed while it was being fetched
  useLayoutEffect(() => {
    setText(early.current)
    early.current = ''
  }, [early])
  useEffect(() => setChosen(null), [text])
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }) // newer browsers answer with a promise: not for React
  }, [index])

  const pick = (entry: Entry) => {
    onClose()
    if (entry.to) void go(entry.to)
    else entry.run?.()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return // Enter that ends a Japanese conversion picks nothing
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      choose((index + step + ordered.length) % Math.max(1, ordered.length))
    } else if (event.key === 'PageDown' || event.key === 'PageUp') {
      event.preventDefault()
      choose(leap(ordered, index, event.key === 'PageDown'))
    } else if (event.key === 'Enter' && ordered[index]) {
      event.preventDefault()
      pick(ordered[index])
    }
  }
  const isEmpty = ordered.every(({ id }) => id === 'all')

  return (
    <Overlay onClose={onClose} width={640} label={say('shell.palette')}>
      <div className={css.field}>
        <Icon name="search" />
        <input
          data-autofocus
          className={css.input}
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={ordered[index] ? `${listId}-${index}` : undefined}
          aria-label={say('shell.palette')}
          placeholder={say('shell.palette.placeholder')}
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
        />
        <kbd>Esc</kbd>
      </div>
      {isEmpty && (
        <p className={css.none} role="status">
          {say(isSearching ? 'shell.palette.searching' : 'shell.palette.none')}
        </p>
      )}
      <div className={css.list} role="listbox" id={listId} aria-label={say('shell.palette.results')} ref={list} aria-busy={isSearching}>
        {[...groups].map(([group, members]) => (
          <div key={group} role="group" aria-label={say(group)}>
            <div className={css.group} aria-hidden="true">
              {say(group)}
            </div>
            {members.map((entry) => {
              const at = ordered.indexOf(entry)
              return (
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are the field's: the list itself never has focus
                <div
                  key={entry.id}
                  id={`${listId}-${at}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={at === index}
                  className={css.option}
                  onPointerMove={() => setChosen(entry.id)}
                  onClick={() => pick(entry)}
                >
                  {entry.sign ? <Glyph sign={entry.sign} size={16} /> : <Icon name={entry.icon} />}
                  <span className={css.name}>{say(entry.label)}</span>
                  {entry.detail && <span className={css.detail}>{entry.detail}</span>}
                </div>
              )
            })}
          </div>
        ))}
      </div>
      <p className={css.foot} aria-hidden="true">
        <kbd>↑</kbd>
        <kbd>↓</kbd> {say('shell.palette.choose')} <kbd>↵</kbd> {say('shell.palette.open')}
      </p>
    </Overlay>
  )
}

/** Where the next group begins, or the present or the one before; at the ends it stays. */
function leap(ordered: readonly Entry[], index: number, isForward: boolean): number {
  const group = ordered[index]?.group
  if (isForward) {
    const next = ordered.findIndex((entry, at) => at > index && entry.group !== group)
    return next === -1 ? ordered.length - 1 : next
  }
  const begin = ordered.findIndex((entry) => entry.group === group)
  return begin < index || begin <= 0 ? Math.max(0, begin) : ordered.findIndex((entry) => entry.group === ordered[begin - 1]!.group)
}

/** Every word typed must be in the command's own words, in any order and case, accents aside. Those whose words begin with them come `first`: what is known here at once must not give way to what comes later. */
function matching(commands: Entry[], text: string, say: ReturnType<typeof useText>): { first: Entry[]; rest: Entry[] } {
  const words = folded(text).split(/\s+/)
  const named = commands
    .map((entry) => ({ entry, name: folded(say(entry.label)) }))
    .filter(({ name }) => words.every((word) => name.includes(word)))
  const isFirst = ({ name }: { name: string }) => words.every((word) => name.split(/[\s\p{P}]+/u).some((part) => part.startsWith(word)))
  const first = named.filter(isFirst).slice(0, 4)
  return { first: first.map(({ entry }) => entry), rest: named.filter((one) => !first.includes(one)).map(({ entry }) => entry) }
}
