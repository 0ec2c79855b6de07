import { useEffect, useRef, useState } from 'react'
import { useAddress, useGo } from '../kit/index.ts'
import { useText } from '../kit/text.tsx'
import { Icon } from '../ui/icons.tsx'
import css from './search.module.css'

/** What is sought, in the address; asked again a moment after the last key. Takes the focus where nothing is sought yet. */
export function SearchField() {
  const say = useText()
  const go = useGo()
  const inAddress = useAddress().search['q'] ?? ''
  const [text, setText] = useState(inAddress)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (document.activeElement !== input.current) setText(inAddress)
  }, [inAddress])
  useEffect(() => {
    // after the shell has moved the focus to the title
    const timer = setTimeout(() => input.current?.value === '' && input.current.focus(), 0)
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => {
    if (text.trim() === inAddress) return
    const timer = setTimeout(() => void go(`?${new URLSearchParams({ q: text.trim(), cursor: '', page: '' })}`, { replace: true }), 220)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only what the person types starts the wait
  }, [text])
  return (
    <search className={css.search}>
      <Icon name="search" size={16} />
      <input
        ref={input}
        type="search"
        value={text}
        maxLength={200}
        aria-label={say('search.field')}
        placeholder={say('search.field')}
        onChange={(event) => setText(event.target.value)}
      />
    </search>
  )
}
