import { Link } from './Link.tsx'
import { useFormat, useText, type Label } from './text.tsx'
import css from './Severity.module.css'

/** design.md, Signs. `fine` draws nothing: silence is the good state. */
export type Sign = 'action-required' | 'warning' | 'pending' | 'unknown' | 'fine'

const shapes: Record<Exclude<Sign, 'fine'>, React.ReactNode> = {
  'action-required': (
    <>
      <path d="M4.9 1h6.2L15 4.9v6.2L11.1 15H4.9L1 11.1V4.9z" fill="currentColor" />
      <path d="M8 4.3v4.4M8 11.3v.2" stroke="var(--surface)" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  warning: (
    <>
      <path d="M8 1.6 15.2 14.2H.8z" fill="currentColor" stroke="currentColor" strokeWidth="1" strokeLinejoin="round" />
      <path d="M8 6v3.6M8 12v.1" stroke="var(--surface)" strokeWidth="1.7" strokeLinecap="round" />
    </>
  ),
  pending: (
    <>
      <circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" strokeWidth="1.7" />
      <path d="M8 4.4V8l2.5 1.6" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" />
    </>
  ),
  unknown: <circle cx="8" cy="8" r="6.3" fill="none" stroke="currentColor" strokeWidth="1.7" strokeDasharray="2.6 2.35" />,
}

/** The glyph alone, for places where the word stands beside it. Its form tells it apart without colour. */
export function Glyph({ sign, size = 14 }: { sign: Sign; size?: number }) {
  if (sign === 'fine') return null
  return (
    <svg className={`${css.glyph} ${css[sign] ?? ''}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {shapes[sign]}
    </svg>
  )
}

/** Glyph and word. `iconOnly`: the word is there for those who listen, and on hover. */
export function Severity({ sign, iconOnly = false }: { sign: Sign; iconOnly?: boolean }) {
  const say = useText()
  const word = say(`kit.sign.${sign}`)
  if (sign === 'fine') return <span className="sr-only">{word}</span>
  return (
    <span className={css.severity} title={iconOnly ? word : undefined}>
      <Glyph sign={sign} />
      <span className={iconOnly ? 'sr-only' : css[`${sign}-text`]}>{word}</span>
    </span>
  )
}

/** Two counts beside each other, as a customer or product carries them; none of either: nothing. Give `to` and each links to exactly its rows. */
export function AttentionCounts({
  actionRequired,
  warning,
  to,
}: {
  actionRequired: number
  warning: number
  to?: (severity: 'action-required' | 'warning') => string
}) {
  return (
    <span className={css.counts}>
      <Count sign="action-required" count={actionRequired} to={to?.('action-required')} />
      <Count sign="warning" count={warning} to={to?.('warning')} />
    </span>
  )
}

function Count({ sign, count, to }: { sign: 'action-required' | 'warning'; count: number; to: string | undefined }) {
  const say = useText()
  const { number } = useFormat()
  if (count === 0) return null
  const content = (
    <>
      <Glyph sign={sign} />
      <span className="figures">{number(count)}</span>
      <span className="sr-only">{say(`kit.sign.${sign}`)}</span>
    </>
  )
  const className = `${css.count} ${css[`${sign}-text`] ?? ''}`
  return to ? (
    <Link to={to} className={className} title={say(`kit.sign.${sign}`)}>
      {content}
    </Link>
  ) : (
    <span className={className} title={say(`kit.sign.${sign}`)}>
      {content}
    </span>
  )
}

/** A word in a quiet box: agent states, account states, command steps. Tone gives glyph and colour; `quiet` has neither. */
export function StateTag({ label, tone = 'quiet', title }: { label: Label; tone?: Sign | 'quiet' | 'good'; title?: string | undefined }) {
  const say = useText()
  return (
    <span className={`${css.tag} ${css[`tag-${tone}`] ?? ''}`} title={title}>
      {tone === 'good' ? <span className={css.dot} aria-hidden="true" /> : tone !== 'quiet' && <Glyph sign={tone} size={12} />}
      <span className={css.word}>{say(label)}</span>
    </span>
  )
}
