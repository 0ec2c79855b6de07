import type * as z from 'zod'
import type { attention } from '@vigie/domain/figures'
import { Glyph, Link, OpenEvents, paths, useActor, useFormat, useText } from '../kit/index.ts'
import css from './home.module.css'

/** DSH-2: two figures, each the way to exactly its rows, and the customers they come from. Nothing open is said in words: silence is the good state. */
export function Attention({ value }: { value: z.infer<typeof attention.value> }) {
  const say = useText()
  const actor = useActor()
  const isCalm = value.actionRequired + value.warning === 0
  return (
    <section className={css.attention} aria-label={say('figure.attention')}>
      <div className={css.figures}>
        <Big sign="action-required" count={value.actionRequired} />
        <Big sign="warning" count={value.warning} />
      </div>
      {isCalm ? (
        <p className={css.calm}>{say('home.calm')}</p>
      ) : (
        <div>
          <h2 className={css.small}>{say('figure.attention')}</h2>
          <ul className={css.customers}>
            {value.customers.slice(0, 5).map((customer) => (
              <li key={customer.id}>
                {actor.can('customer.read') ? <Link to={paths.customer({ customerId: customer.id, tab: actor.can('event.read') ? 'events' : undefined })}>{customer.company}</Link> : <span>{customer.company}</span>}
                <OpenEvents attention={customer} about={{ customerId: customer.id }} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  )
}

function Big({ sign, count }: { sign: 'action-required' | 'warning'; count: number }) {
  const say = useText()
  const { number } = useFormat()
  const mayRead = useActor().can('event.read')
  const content = (
    <>
      <span className={css.number}>{count > 0 && <Glyph sign={sign} size={22} />}{number(count)}</span>
      <span className={css.word}>{say(`severity.${sign}`)}</span>
    </>
  )
  const look = { className: css.big, 'data-sign': count > 0 ? sign : undefined }
  return mayRead ? <Link {...look} to={paths.events({ severity: sign })}>{content}</Link> : <div {...look}>{content}</div>
}
