import { consentApi, type Activity } from '@vigie/domain/consent'
import { query, useActor, useFormat, useQuietly, useText } from '../kit/index.ts'

interface Props {
  /** Null: the customer does not consent to their being seen (ACC-12). */
  of: readonly string[] | null
}

/** Network addresses of a machine in a list, or that they may not be seen. */
export function Addresses({ of }: Props) {
  const say = useText()
  if (of === null)
    return (
      <span className="faint" title={say('consent.not-shown.why')}>
        {say('consent.not-shown')}
      </span>
    )
  return of.length === 0 ? (
    <span className="faint" aria-hidden="true">
      –
    </span>
  ) : (
    <span className="mono" title={of.join(', ')}>
      {of.join(', ')}
    </span>
  )
}

/** The same where there is room to say since when. */
export function AddressesInFull({ of, customerId }: Props & { customerId: string }) {
  return of === null ? <NotShown customerId={customerId} /> : <span className="mono">{of.join(', ')}</span>
}

/** Instead of what the customer does not consent to: since when. */
export function NotShown({ activity = 'view-addresses', customerId }: { activity?: Activity; customerId: string }) {
  const say = useText()
  const { day } = useFormat()
  const mayRead = useActor().can('consent.read')
  const since = useQuietly(mayRead ? withheldOf(activity, customerId) : null)?.rows[0]?.since
  const text = since
    ? say('consent.not-shown.withdrawn', { date: day(since) })
    : say(mayRead ? 'consent.not-shown.missing' : 'consent.not-shown')
  return (
    <span className="quiet" title={say('consent.not-shown.why')}>
      {text}
    </span>
  )
}

const withheldOf = (activity: Activity, customerId: string) => query(consentApi.listWithheld).with({ query: { activity, customerId } })
/** Where a part of a page says so itself rather than be refused. */
export const useIsWithheld = (activity: Activity, customerId: string): boolean =>
  (useQuietly(useActor().can('consent.read') ? withheldOf(activity, customerId) : null)?.rows.length ?? 0) > 0
