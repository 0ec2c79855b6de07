import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useActor } from '../kit/actor.ts'
import { useGo } from '../kit/address.ts'
import { useText } from '../kit/text.tsx'
import { Icon } from '../ui/icons.tsx'
import { Overlay } from '../ui/Dialog.tsx'
import css from './Palette.module.css'
import { useCommands, useFound, type Entry } from './palette-entries.ts'

/** Finds screens, actions, customers, products (by GUID too) and endpoints. Arrows choose, Enter goes, Escape closes. */
export default function Palette({ onClose }: { onClose(): void }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const listId = useId()
  const list = useRef<HTMLDivElement>(null)

  const commands = useCommands(actor)
  const { found, isSearching } = useFound(text, actor)
  const entries = useMemo(() => [...found, ...matching(commands, text, say)], [found, commands, text, say])
  const groups = useMemo(() => Map.groupBy(entries, (entry) => entry.group), [entries])
  const ordered = useMemo(() => [...groups.values()].flat(), [groups])
  const index = Math.min(chosen, ordered.length - 1)

  useEffect(() => setChosen(0), [text])
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
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      setChosen((index + step + ordered.length) % Math.max(1, ordered.length))
    } else if (event.key === 'Enter' && ordered[index]) {
      event.preventDefault()
      pick(ordered[index])
    }
  }

  return (
    <Overlay onClose={onClose} width={600} label={say('shell.palette')}>
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
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
        />
        <kbd>Esc</kbd>
      </div>
      <div className={css.list} role="listbox" id={listId} aria-label={say('shell.palette.results')} ref={list} aria-busy={isSearching}>
        {[...groups].map(([group, members]) => (
          <div key={group} role="group" aria-label={say(group)}>
            <div className={css.group} aria-hidden="true">{say(group)}</div>
            {members.map((entry) => {
              const at = ordered.indexOf(entry)
              return (
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are the field's: the list itself never has focus
                <div key={entry.id} id={`${listId}-${at}`} role="option" tabIndex={-1} aria-selected={at === index} className={css.option} onPointerMove={() => setChosen(at)} onClick={() => pick(entry)}>
                  <Icon name={entry.icon} />
                  <span className={css.name}>{say(entry.label)}</span>
                  {entry.detail && <span className={css.detail}>{entry.detail}</span>}
                </div>
              )
            })}
          </div>
        ))}
      </div>
      {ordered.length === 0 && <p className={css.none} role="status">{say(isSearching ? 'shell.palette.searching' : 'shell.palette.none')}</p>}
    </Overlay>
  )
}

/** Every word typed must be in the command's own words, in any order and case, accents aside. */
function matching(commands: Entry[], text: string, say: ReturnType<typeof useText>): Entry[] {
  const words = plain(text).split(/\s+/).filter(Boolean)
  return commands.filter((command) => words.every((word) => plain(say(command.label)).includes(word)))
}
const plain = (text: string) => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
