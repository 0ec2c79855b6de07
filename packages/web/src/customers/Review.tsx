import type { ReactNode } from 'react'
import { Facts, Link, nameOf, useText } from '../kit/index.ts'
import css from './customers.module.css'

interface Typed {
  profile: { company: string; address?: string | undefined; city?: string | undefined; postalCode?: string | undefined; country: string }
  account: { accountId: string; timeZone: string; locale: string }
  contact: { firstName: string; lastName: string; email: string }
}

/** What will be made, to be looked over before the last press; each part leads back to its step. */
export function Review({ values: { profile, account, contact } }: { values: Typed }) {
  const say = useText()
  const country = profile.country && new Intl.DisplayNames(say.locale, { type: 'region' }).of(profile.country)
  const place = [profile.address, [profile.postalCode, profile.city].filter(Boolean).join(' '), country].filter(Boolean).join(', ')
  return (
    <section className={css.review} aria-label={say('customers.wizard.review')}>
      <div className={css.reviewHead}>
        <h2>{say('customers.wizard.review')}</h2>
      </div>
      <Facts
        facts={[
          [
            'customers.company',
            <Both key="company" step={1}>
              {[profile.company, place].filter(Boolean).join(' · ')}
            </Both>,
          ],
          [
            'customers.account-id',
            <Both key="account" step={2}>
              <span className="mono">{account.accountId}</span>
            </Both>,
          ],
          [
            'customers.time-zone',
            <Both key="zone" step={2}>
              {account.timeZone} · {say(`locale.${account.locale}`)}
            </Both>,
          ],
          [
            'customers.column.contact',
            <Both key="contact" step={2}>
              {nameOf(contact)} · {contact.email}
            </Both>,
          ],
          ['customers.wizard.settings', say('customers.wizard.settings.about')],
        ]}
      />
    </section>
  )
}

function Both({ step, children }: { step: number; children: ReactNode }) {
  const say = useText()
  return (
    <span className={css.reviewLine}>
      <span>{children}</span>
      <Link to={`?step=${step}`}>{say('customers.wizard.change')}</Link>
    </span>
  )
}
