import { useEffect, useRef, useState } from 'react'
import { Icon, Link, useAddress, useGo, useText } from '../../kit/index.ts'
import css from '../products.module.css'

/** Search over products and endpoints; by product or by family. Both live in the address. */
export function TreeTools({ canGroup }: { canGroup: boolean }) {
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
    if (text.trim() === inAddress) return
    const timer = setTimeout(() => void go(`?${new URLSearchParams({ q: text.trim() })}`, { replace: true }), 220)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only what the person types starts the wait
  }, [text])
  return (
    <div className={css.bar} role="search">
      <label className={css.search}>
        <Icon name="search" size={14} />
        <span className="sr-only">{say('products.tree.search')}</span>
        <input
          ref={input}
          type="search"
          value={text}
          placeholder={say('products.tree.search')}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {canGroup && (
        <span className={css.views}>
          <Link to="?by=" replace aria-current={at.search['by'] === 'family' ? undefined : 'true'}>
            {say('products.tree.by-product')}
          </Link>
          <Link to="?by=family" replace aria-current={at.search['by'] === 'family' ? 'true' : undefined}>
            {say('products.tree.by-family')}
          </Link>
        </span>
      )}
    </div>
  )
}
