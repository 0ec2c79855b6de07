import { maintenanceApi } from '@vigie/domain/maintenance'
import type { ReactNode } from 'react'
import {
  Ago,
  Button,
  Facts,
  Line,
  Link,
  paths,
  query,
  Section,
  Stack,
  StateTag,
  useActor,
  useFormat,
  useLoaded,
  useText,
  labelKey,
} from '../kit/index.ts'
import { Occurrences } from './Occurrences.tsx'
import { useWindowActions } from './useWindowActions.tsx'
import { dateWords, durationWords, scheduleWords, targetWords } from './words.ts'
import css from './maintenance.module.css'

/** All of one window, and when it is next. */
export function WindowDetail({ windowId }: { windowId: string }) {
  const say = useText()
  const { list } = useFormat()
  const actor = useActor()
  const window = useLoaded(query(maintenanceApi.getWindow).with({ params: { windowId } }))
  const actions = useWindowActions()(window)
  const { schedule, durationMinutes, timeZone, customer, product } = window
  const silent =
    window.silentCount === 0 ? (
      say('maintenance.silent', { count: 0 })
    ) : (
      <Link to={paths.events({ silence: 'maintenance', ...(customer ? { customerId: customer.id } : {}) })}>
        {say('maintenance.silent', { count: window.silentCount })}
      </Link>
    )
  return (
    <Stack>
      <div>
        <h2>{window.name}</h2>
        {window.reason !== '' && <p className={css.said}>{window.reason}</p>}
      </div>
      {actions.length > 0 && (
        <Line>
          {actions.map((action) => (
            <Button
              key={labelKey(action.label)}
              icon={action.icon!}
              size="small"
              kind={action.isDangerous ? 'danger' : 'plain'}
              disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
              onClick={action.onSelect}
            >
              {say(action.label)}
            </Button>
          ))}
        </Line>
      )}
      <Facts
        facts={[
          [
            'maintenance.column.state',
            <StateTag key="state" label={`maintenance-state.${window.state}`} tone={window.state === 'now' ? 'pending' : 'quiet'} />,
          ],
          [
            'maintenance.column.target',
            customer && window.target.kind === 'customer' && actor.can('customer.read') ? (
              <Link key="target" to={paths.customer({ customerId: customer.id })}>
                {customer.name}
              </Link>
            ) : (
              targetWords(say, window)
            ),
          ],
          ...(customer && window.target.kind !== 'customer' && actor.can('customer.read')
            ? [
                [
                  'common.customer',
                  <Link key="customer" to={paths.customer({ customerId: customer.id })}>
                    {customer.name}
                  </Link>,
                ] as [string, ReactNode],
              ]
            : []),
          ...(product
            ? [
                [
                  'common.product',
                  <Link key="product" to={paths.product({ productId: product.id })}>
                    {product.name}
                  </Link>,
                ] as [string, ReactNode],
              ]
            : []),
          ...(window.target.kind === 'endpoints'
            ? [['maintenance-target.endpoints', list(window.endpoints.map(({ name }) => name))] as [string, ReactNode]]
            : []),
          ['maintenance.silences', list(window.groups.map((group) => say(`category-group.${group}`)))],
          ['maintenance.column.schedule', scheduleWords(say, schedule, timeZone)],
          ...(schedule.kind !== 'once' && schedule.until !== null
            ? [['maintenance.until', dateWords(say.locale, schedule.until)] as [string, ReactNode]]
            : []),
          ['maintenance.duration', durationWords(say.locale, durationMinutes)],
          ['maintenance.time-zone', timeZone.replaceAll('_', ' ')],
          ['maintenance.column.silentCount', silent],
          [
            'maintenance.column.createdBy',
            <>
              {window.createdBy} · <Ago at={window.createdAt} />
            </>,
          ],
        ]}
      />
      {window.state !== 'over' && (
        <Section title="maintenance.preview">
          <Occurrences schedule={schedule} durationMinutes={durationMinutes} timeZone={timeZone} />
        </Section>
      )}
    </Stack>
  )
}
