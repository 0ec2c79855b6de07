import { delayMinutes, type DryRun } from '@vigie/domain/orders'
import { Notice, Stack, useFormat, useText } from '../kit/index.ts'
import { useReason } from './words.tsx'
import css from './orders.module.css'

/** What would happen, in words and numbers: what the person then confirms. */
export function DryRunFacts({ dryRun }: { dryRun: DryRun }) {
  const say = useText()
  const format = useFormat()
  const reason = useReason()
  const left = dryRun.agents - dryRun.willGet
  const more = dryRun.customers - dryRun.someCustomers.length
  const names = [...dryRun.someCustomers, ...(more > 0 ? [say('orders.dry-run.more-customers', { count: more })] : [])]
  return (
    <Stack tight>
      <p><strong>{say('orders.dry-run.will-get', { agents: dryRun.willGet, customers: dryRun.customers })}</strong></p>
      {names.length > 0 && <p className="quiet">{new Intl.ListFormat(say.locale, { type: 'unit' }).format(names)}</p>}
      {dryRun.offline > 0 && <p>{say('orders.dry-run.offline', { count: dryRun.offline })}</p>}
      {left > 0 && (
        <div>
          <p>{say('orders.dry-run.skipped', { count: left })}</p>
          <ul className={css.reasons}>{dryRun.skipped.map((one) => <li key={one.reason} className="figures">{format.number(one.agents)} · {reason(one.reason)}</li>)}</ul>
        </div>
      )}
      {dryRun.needs !== 'nobody' && <Notice tone="warning" title={`orders.needs.${dryRun.needs}`}>{say(`orders.needs.${dryRun.needs}.about`, { minutes: delayMinutes })}</Notice>}
    </Stack>
  )
}
