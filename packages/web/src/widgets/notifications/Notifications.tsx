import { eventsApi } from '@vigie/domain/events'
import type { notifications } from '@vigie/domain/figures'
import { useState } from 'react'
import type * as z from 'zod'
import { eventTitle } from '../../events/index.ts'
import {
  Ago,
  Button,
  buttonClass,
  Glyph,
  Link,
  paths,
  Severity,
  toast,
  trouble,
  useAction,
  useActor,
  useFormat,
  useText,
} from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { categoryName } from '../parts/names.ts'
import css from './notifications.module.css'

type Value = z.output<typeof notifications.value>
type One = Value['newest'][number]

/** What needs me, why, and what to press: how many, of what kind, and the worst by name with the one step that mends each. */
export function Notifications({ value }: ViewProps<Value>) {
  const say = useText()
  const { number } = useFormat()
  return (
    <div className={css.whole}>
      <div className={css.top}>
        <Big sign="action-required" of={value.actionRequired} />
        <Big sign="warning" of={value.warning} />
        <ul className={css.groups} aria-label={say('widgets.notifications.kinds')}>
          {value.groups.slice(0, 6).map((group) => {
            const content = (
              <>
                <Glyph sign={group.severity} size={12} />
                <span>{categoryName(say, group.category)}</span>
                <b className="figures">{number(group.events.count)}</b>
              </>
            )
            const title = say('widgets.notifications.at-customers', { count: group.customers })
            return (
              <li key={`${group.category} ${group.severity}`}>
                {group.events.rows === null ? (
                  <span className={css.group} title={title}>
                    {content}
                  </span>
                ) : (
                  <Link className={css.group} to={paths.rows(group.events.rows)} title={title}>
                    {content}
                  </Link>
                )}
              </li>
            )
          })}
        </ul>
      </div>
      {value.mine.rows !== null && (
        <p className={css.whose}>
          {say('widgets.notifications.whose')} <Everybodys value={value} />
        </p>
      )}
      <ol className={css.list}>
        {value.newest.map((event) => (
          <Row key={event.id} event={event} />
        ))}
      </ol>
      {value.total.count > value.newest.length && value.total.rows !== null && (
        <p className={css.rest}>
          <Link to={paths.rows(value.total.rows)}>{say('widgets.notifications.all', { count: value.total.count })}</Link>
        </p>
      )}
    </div>
  )
}

function Big({ sign, of }: { sign: 'action-required' | 'warning'; of: Value['total'] }) {
  const say = useText()
  const { number } = useFormat()
  const content = (
    <>
      <span className={css.number}>
        {of.count > 0 && <Glyph sign={sign} size={20} />}
        {number(of.count)}
      </span>
      <span className={css.word}>{say(`severity.${sign}`)}</span>
    </>
  )
  const look = { className: css.big, 'data-sign': of.count > 0 ? sign : undefined }
  return of.rows === null ? (
    <div {...look}>{content}</div>
  ) : (
    <Link {...look} to={paths.rows(of.rows)}>
      {content}
    </Link>
  )
}

/** What the bell counts, where that is more: colleagues have the rest. */
function Everybodys({ value: { everybodys, actionRequired, warning } }: { value: Value }) {
  const say = useText()
  const { number } = useFormat()
  if (everybodys.actionRequired.count === actionRequired.count && everybodys.warning.count === warning.count) return null
  const all = [
    ['action-required', everybodys.actionRequired],
    ['warning', everybodys.warning],
  ] as const
  return (
    <span className={css.everybodys}>
      {say('widgets.notifications.everybodys')}{' '}
      {all.map(([sign, { count, rows }]) => (
        <Link key={sign} to={paths.rows(rows!)} aria-label={`${say(`severity.${sign}`)}: ${number(count)}`}>
          <Glyph sign={sign} size={11} /> <span className="figures">{number(count)}</span>
        </Link>
      ))}
    </span>
  )
}

function Row({ event }: { event: One }) {
  const say = useText()
  const actor = useActor()
  const resolving = useAction(eventsApi.resolveEvent)
  const [isSent, setSent] = useState(false)
  // The server sends the first that is possible; so does this button say.
  const best = event.resolvedBy.find(({ isPossible }) => isPossible) ?? event.resolvedBy[0]
  const reason = best === undefined || best.isPossible ? null : `command-reason.${best.reason}`
  const title = eventTitle(say, event)
  const resolve = async () => {
    try {
      const { commands } = await resolving.run({ params: { eventId: event.id } })
      setSent(true)
      toast({ key: 'events.resolve.sent', values: { count: commands.length } })
    } catch (error) {
      trouble(error)
    }
  }
  return (
    <li className={css.row}>
      <Severity sign={event.severity} iconOnly />
      <div className={css.what}>
        <Link className={css.title} to={paths.events({ event: event.id })} title={title}>
          {title}
        </Link>
        <span className={css.where}>
          {actor.can('customer.read') ? (
            <Link to={paths.customer({ customerId: event.customerId })}>{event.customerName}</Link>
          ) : (
            event.customerName
          )}
          {' · '}
          {actor.can('product.read') ? (
            <Link to={paths.product({ productId: event.productId })}>{event.productName}</Link>
          ) : (
            event.productName
          )}
          {event.assignee !== null && (
            <> · {event.assignee.id === actor.account.id ? say('widgets.notifications.yours') : event.assignee.name}</>
          )}
        </span>
      </div>
      <span className={css.at}>
        <Ago at={event.openedAt} />
      </span>
      <span className={css.press} data-press>
        {best !== undefined && actor.can('event.act') ? (
          <Button
            size="small"
            icon="play"
            isBusy={resolving.isRunning}
            disabledReason={
              isSent
                ? say('events.resolve.under-way')
                : reason === null
                  ? undefined
                  : say(say.has(reason) ? reason : 'command-reason.not-supported')
            }
            aria-label={say('widgets.notifications.do', { command: say(`command.${best.type}`), event: title, product: event.productName })}
            onClick={() => void resolve()}
          >
            {say(`command.${best.type}`)}
          </Button>
        ) : (
          <Link
            className={buttonClass('plain', 'small')}
            to={paths.events({ event: event.id })}
            aria-label={say('widgets.notifications.look-at', { event: title })}
          >
            {say('widgets.notifications.look')}
          </Link>
        )}
      </span>
    </li>
  )
}
