import { outboxApi, type Delivery } from '@vigie/domain/outbox'
import { useState, type ReactNode } from 'react'
import { Ago, Button, Facts, Line, Link, Notice, paths, query, Stack, useLoaded, useText, type Action, labelKey } from '../kit/index.ts'
import { MailFrame } from './MailFrame.tsx'
import css from './outbox.module.css'

interface Props {
  deliveryId: string
  state: (delivery: Delivery) => ReactNode
  actions: (delivery: Delivery) => Action[]
}

/** One mail as its reader sees it, and what became of it. */
export function DeliveryDetail({ deliveryId, state, actions }: Props) {
  const say = useText()
  const [isPlain, setPlain] = useState(false)
  const mail = useLoaded(query(outboxApi.getDelivery).with({ params: { deliveryId } }))
  const fault = mail.fault !== null && (say.has(`delivery-fault.${mail.fault}`) ? say(`delivery-fault.${mail.fault}`) : mail.fault)
  return (
    <Stack>
      <h2>{mail.subject}</h2>
      {fault && mail.state !== 'sent' && (
        <Notice tone={mail.state === 'failed' ? 'action-required' : 'warning'} title={{ text: fault }}>
          {mail.nextTryAt !== null && (
            <>
              {say('outbox.next-try')} <Ago at={mail.nextTryAt} />
            </>
          )}
        </Notice>
      )}
      <Facts
        facts={[
          ['outbox.column.to', mail.to],
          ['outbox.column.state', state(mail)],
          ['outbox.column.kind', say(`mail-kind.${mail.kind}`)],
          ['outbox.language', say(`locale.${mail.locale}`)],
          ['outbox.column.createdAt', <Ago key="created" at={mail.createdAt} />],
          ['outbox.column.sentAt', <Ago key="sent" at={mail.sentAt} never="outbox.not-sent" />],
          [
            'outbox.column.attempts',
            <span key="attempts" className="figures">
              {mail.attempts}
            </span>,
          ],
          ...(mail.eventId === null
            ? []
            : [
                [
                  'common.event',
                  <Link key="event" to={paths.event({ eventId: mail.eventId })}>
                    {say('outbox.open-event')}
                  </Link>,
                ] as [string, ReactNode],
              ]),
        ]}
      />
      <Line>
        {actions(mail).map((action) => (
          <Button
            key={labelKey(action.label)}
            size="small"
            icon="refresh"
            disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
            onClick={action.onSelect}
          >
            {say(action.label)}
          </Button>
        ))}
        <Button size="small" kind="quiet" aria-pressed={isPlain} onClick={() => setPlain(!isPlain)}>
          {say(isPlain ? 'outbox.show-html' : 'outbox.show-text')}
        </Button>
      </Line>
      {isPlain ? (
        <pre className={css.text} tabIndex={0}>
          {mail.text}
        </pre>
      ) : (
        <MailFrame html={mail.html} title={mail.subject} />
      )}
    </Stack>
  )
}
