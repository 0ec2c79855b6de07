import { consentApi, type ViewActivity } from '@vigie/domain/consent'
import { Link, Notice, paths, query, useActor, useQuietly, useText } from '../kit/index.ts'
import css from './consent.module.css'

/** A list that leaves customers out says whose, and why: an honest list is never silently short (ACC-12). */
export function WithheldNotice({ activity, customerId }: { activity: ViewActivity; customerId?: string | undefined }) {
  const say = useText()
  const mayRead = useActor().can('consent.read')
  const withheld = useQuietly(
    mayRead ? query(consentApi.listWithheld).with({ query: customerId === undefined ? { activity } : { activity, customerId } }) : null,
  )
  if (withheld === undefined || withheld.rows.length === 0) return null
  return (
    <div className={css.withheld}>
      <Notice
        tone="warning"
        title={{
          key: activity === 'view-addresses' ? 'consent.withheld.view-addresses' : 'consent.withheld',
          values: { count: withheld.rows.length },
        }}
      >
        {say(`activity.${activity}`)}
        {say('consent.colon')}
        {withheld.rows.slice(0, 5).map(({ customerId, company }, index) => (
          <span key={customerId}>
            {index > 0 && say('consent.comma')}
            <Link to={paths.customer({ customerId, tab: 'consent' })}>{company}</Link>
          </span>
        ))}
        {(withheld.rows.length > 5 || withheld.isMore) && say('consent.withheld.more')}
      </Notice>
    </div>
  )
}
