import { Tooltip } from '@mantine/core'
import { useEffect, useState } from 'react'
import { Icon } from '../ui/icons.tsx'
import css from './CopyText.module.css'
import { useText } from './text.tsx'

/** Works over plain http too (a fresh installation in a LAN), where the clipboard API is missing. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.setAttribute('readonly', '')
    area.className = 'sr-only'
    document.body.append(area)
    area.select()
    const isCopied = document.execCommand('copy')
    area.remove()
    return isCopied
  }
}

/** An identifier or a command: mono, one press copies it all. `block`: on a line of its own, wraps, for commands one pastes. */
export function CopyText({ text, label, block = false }: { text: string; label?: string; block?: boolean }) {
  const say = useText()
  const [result, setResult] = useState<'copied' | 'failed' | null>(null)
  useEffect(() => {
    if (result === null) return
    const timer = setTimeout(() => setResult(null), 1800)
    return () => clearTimeout(timer)
  }, [result])
  const word = result === null ? say('kit.copy') : say(`kit.copy.${result}`)
  return (
    <span className={block ? css.block : css.inline}>
      <code className={css.text} tabIndex={block ? 0 : undefined} role={block ? 'group' : undefined} aria-label={block ? label : undefined}>
        {text}
      </code>
      <Tooltip label={word} disabled={block} opened={result !== null ? true : undefined}>
        <button
          type="button"
          className={css.button}
          aria-label={label ? say('kit.copy.what', { what: label }) : say('kit.copy')}
          onClick={() => void copy(text).then((isCopied) => setResult(isCopied ? 'copied' : 'failed'))}
        >
          <Icon name={result === 'copied' ? 'check' : 'copy'} size={14} />
          {block && <span aria-hidden="true">{word}</span>}
        </button>
      </Tooltip>
      <span role="status" className="sr-only">
        {result !== null && word}
      </span>
    </span>
  )
}
