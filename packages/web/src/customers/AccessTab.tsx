import { customersApi, type Viewer } from '@vigie/domain/customers'
import { Ago, columns, DataTable, Link, paths, query, useLoaded, useText } from '../kit/index.ts'
import css from './customers.module.css'

export const viewersOf = (customerId: string) => query(customersApi.listViewers).with({ params: { customerId } })

const column = columns<Viewer>('customers.access')
const name = column.cell('name', (viewer) => <Link to={paths.accounts({ account: viewer.accountId })}>{viewer.name}</Link>, {
  main: true,
  width: 190,
})
const email = column.text('email', undefined, { width: 230 })
const role = column.cell('role', (viewer) => <Word of={`role.${viewer.role}`} />, { width: 140 })
const because = column.cell('because', (viewer) => <Because viewer={viewer} />)
const state = column.state(
  'state',
  (viewer) => ({ label: `account-state.${viewer.state}`, tone: viewer.state === 'active' ? 'good' : 'quiet' }),
  { width: 130 },
)
const access = [name, role, because, state]
const notified = [name, email, role]

function Word({ of }: { of: string }) {
  return <>{useText()(of)}</>
}

/** Each line of the account's scope that lets it in. */
function Because({ viewer }: { viewer: Viewer }) {
  const say = useText()
  return (
    <span className={css.because}>
      {viewer.because.map((one, index) => (
        <span key={index}>
          {one.kind === 'tag' ? say('customers.access.because.tag', { tag: one.tag }) : say(`customers.access.because.${one.kind}`)}
          {one.kind !== 'sees-all' && one.endsAt !== null && (
            <>
              {' '}
              ({say('customers.access.until')} <Ago at={one.endsAt} />)
            </>
          )}
        </span>
      ))}
    </span>
  )
}

/** ACC-14: who sees this customer, and why. */
export function AccessTab({ customerId }: { customerId: string }) {
  const say = useText()
  const { rows } = useLoaded(viewersOf(customerId))
  return (
    <>
      <p className={css.about}>
        {say('customers.access.about')} <Link to={paths.accounts()}>{say('customers.access.accounts')}</Link>
      </p>
      <DataTable name="customers.tab.access" rows={rows} rowId={(viewer) => viewer.accountId} columns={access} />
    </>
  )
}

/** What goes to whom now: mails to those of us who asked for them and see this customer. */
export function NotificationsTab({ customerId }: { customerId: string }) {
  const say = useText()
  const { rows } = useLoaded(viewersOf(customerId))
  const told = rows.filter((viewer) => viewer.isToldOfEvents && viewer.state === 'active')
  return (
    <>
      <p className={css.about}>{say('customers.notifications.about')}</p>
      <p className={css.about}>{say('customers.notifications.contacts.about')}</p>
      {told.length === 0 ? (
        <p className={css.about}>
          {say('customers.notifications.nobody')} <Link to={paths.myAccount()}>{say('customers.notifications.me')}</Link>
        </p>
      ) : (
        <DataTable name="customers.tab.notifications" rows={told} rowId={(viewer) => viewer.accountId} columns={notified} />
      )}
    </>
  )
}
