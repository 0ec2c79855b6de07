import { customersApi, type Customer } from '@vigie/domain/customers'
import { CommandTable } from '../commands/index.ts'
import { ConsentTab } from '../consent/index.ts'
import { EventTable } from '../events/index.ts'
import { LicenceTable } from '../licences/index.ts'
import { IndexList } from '../indexes/index.ts'
import {
  ActionMenu,
  Ago,
  buttonClass,
  CopyText,
  Empty,
  Icon,
  lazily,
  Link,
  loadAllowed,
  nameOf,
  Notice,
  OpenEvents,
  Page,
  Part,
  paths,
  query,
  Stack,
  Tabs,
  useActor,
  useAddress,
  useGo,
  useLoaded,
  useText,
  type Action,
  type Address,
} from '../kit/index.ts'
import { NetworkTree, treeOf } from '../products/index.ts'
import { SettingsPanel, UrlLists } from '../settings/index.ts'
import { contactsOf } from './contacts.ts'
import css from './customers.module.css'
import { logoAddress } from './logo.ts'
import { useDeleteCustomer } from './useDeleteCustomer.ts'

const ContactsTab = lazily(() => import('./ContactsTab.tsx'), 'ContactsTab')
const LogoPanel = lazily(() => import('./LogoPanel.tsx'), 'LogoPanel')
const ProfileTab = lazily(() => import('./ProfileTab.tsx'), 'ProfileTab')
const AccessTab = lazily(() => import('./AccessTab.tsx'), 'AccessTab')
const NotificationsTab = lazily(() => import('./AccessTab.tsx'), 'NotificationsTab')
const ActivityTab = lazily(() => import('./ActivityTab.tsx'), 'ActivityTab')
const CredentialsPanel = lazily(() => import('./CredentialsPanel.tsx'), 'CredentialsPanel')
const customer = query(customersApi.getCustomer).at((at) => ({ params: { customerId: at.params['customerId']! } }))
const tree = (at: Address) => treeOf(at.params['customerId']!)
const loadPage = loadAllowed([null, customer])
const loadWithTree = loadAllowed([null, customer], ['product.read', tree])
export const loader = (at: Address) => (at.search['tab'] === undefined || at.search['tab'] === 'products' ? loadWithTree(at) : loadPage(at))

/** As CUS-3 names them, then what else concerns one customer. */
const tabs = [
  ['products', 'product.read'],
  ['licences', 'product.read'],
  ['events', 'event.read'],
  ['commands', 'command.read'],
  ['profile', 'customer.read'],
  ['contacts', 'customer.read'],
  ['consent', 'consent.read'],
  ['notifications', 'account.read'],
  ['psa', 'customer.read'],
  ['settings', 'setting.read'],
  ['urls', 'setting.read'],
  ['indexes', 'index.read'],
  ['access', 'account.read'],
  ['activity', 'audit.read'],
] as const

/** CUS-3: one customer. */
export default function CustomerPage() {
  const say = useText()
  const actor = useActor()
  const at = useAddress()
  const shown = useLoaded(customer)
  const customerId = shown.id
  const allowed = tabs.filter(([, needs]) => actor.can(needs))
  // an address somebody else gave: it says why it does not open, rather than show something else
  const isWithheld = tabs.some(([id, needs]) => id === at.search['tab'] && !actor.can(needs))
  const tab = isWithheld ? undefined : (allowed.find(([id]) => id === at.search['tab'])?.[0] ?? allowed[0]?.[0])
  const isReading = tab === 'profile' || tab === 'indexes'
  return (
    <Page
      title={{ text: shown.company }}
      crumbs={[{ label: 'customers.title', to: paths.customers() }]}
      sign={
        <>
          {shown.logoVersion !== null && <img className={css.headLogo} src={logoAddress(shown)} alt="" />}
          <OpenEvents attention={shown.attention} about={{ customerId }} />
        </>
      }
      action={<Actions customer={shown} />}
      narrow={isReading}
      tabs={
        <>
          <Line customer={shown} />
          <Tabs
            label={{ text: shown.company }}
            tabs={allowed.map(([id]) => ({
              label: `customers.tab.${id}`,
              to: paths.customer({ customerId, tab: id }),
              isCurrent: id === tab,
              count: id === 'products' ? shown.productCount : undefined,
            }))}
          />
        </>
      }
    >
      <Part key={`${customerId}-${tab}`}>
        {isWithheld && (
          <Notice tone="action-required" title="problem.permission.missing">
            {say('remedy.ask-an-administrator')}
          </Notice>
        )}
        {tab === 'products' && <Products customer={shown} />}
        {tab === 'events' && <EventTable fixed={{ customerId }} />}
        {tab === 'licences' && (
          <Stack>
            <p className="quiet">{say('customers.licences.about')}</p>
            <LicenceTable fixed={{ customerId }} />
          </Stack>
        )}
        {tab === 'commands' && <CommandTable fixed={{ customerId }} />}
        {tab === 'profile' && <Profile customer={shown} />}
        {tab === 'contacts' && <ContactsTab customerId={customerId} locale={shown.locale} />}
        {tab === 'consent' && <Consent customer={shown} />}
        {tab === 'notifications' && <NotificationsTab customerId={customerId} />}
        {tab === 'psa' && (
          <div className={css.panel}>
            <Empty
              icon="external"
              title="customers.psa.none"
              about="customers.psa.none.about"
              action={
                actor.can('account.read') && (
                  <Link className={buttonClass()} to={paths.customer({ customerId, tab: 'notifications' })}>
                    {say('customers.tab.notifications')}
                  </Link>
                )
              }
            />
          </div>
        )}
        {tab === 'access' && <AccessTab customerId={customerId} />}
        {tab === 'activity' && <ActivityTab customerId={customerId} />}
        {tab === 'settings' && <SettingsPanel place={{ customerId }} />}
        {tab === 'urls' && <UrlLists customerId={customerId} />}
        {tab === 'indexes' && <Indexes customerId={customerId} />}
      </Part>
    </Page>
  )
}

/** Who to call, and since when we have heard nothing. */
function Line({ customer: { contact, accountId, lastSeenAt, endpointCount, id, tags } }: { customer: Customer }) {
  const say = useText()
  return (
    <p className={css.line}>
      {contact && (
        <span>
          {contact.name} · <a href={`mailto:${contact.email}`}>{contact.email}</a>
          {contact.phone && (
            <>
              {' '}
              · <a href={`tel:${contact.phone}`}>{contact.phone}</a>
            </>
          )}
        </span>
      )}
      {endpointCount > 0 && <Link to={paths.inventory({ customerId: id })}>{say('common.endpoints', { count: endpointCount })}</Link>}
      <span>
        {say('customers.last-seen')} <Ago at={lastSeenAt} />
      </span>
      <CopyText text={accountId} label={say('customers.account-id')} />
      {tags.length > 0 && (
        <span className={css.tags}>
          {tags.map((tag) => (
            <Link key={tag} className={css.tag} to={paths.customers({ tag })}>
              {tag}
            </Link>
          ))}
        </span>
      )}
    </p>
  )
}

function Actions({ customer: shown }: { customer: Customer }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const remove = useDeleteCustomer()
  const more: Action[] = [
    ...(actor.can('maintenance.update')
      ? [
          {
            label: 'maintenance.new',
            icon: 'clock' as const,
            onSelect: () => void go(paths.maintenanceWindow({ windowId: 'new', customerId: shown.id })),
          },
        ]
      : []),
    ...(actor.can('customer.delete')
      ? [
          {
            label: 'customers.delete',
            icon: 'trash' as const,
            isDangerous: true,
            disabledReason: shown.productCount > 0 ? 'remedy.remove-products-first' : undefined,
            onSelect: () => remove(shown, () => void go(paths.customers(), { replace: true })),
          },
        ]
      : []),
  ]
  return (
    <>
      <ActionMenu label="customers.actions" actions={more} />
      {actor.can('product.create') && (
        <Link className={buttonClass('primary')} to={paths.newProduct({ customerId: shown.id })}>
          <Icon name="plus" />
          <span>{say('products.new')}</span>
        </Link>
      )}
    </>
  )
}

function Products({ customer: shown }: { customer: Customer }) {
  const say = useText()
  const actor = useActor()
  const { products } = useLoaded(treeOf(shown.id))
  const waiting = products.filter(({ product }) => product.state === 'pending')
  const [first] = waiting
  return (
    <Stack>
      {first && actor.can('product.issue-key') && (
        <Notice
          tone="pending"
          title={{ key: 'customers.waiting', values: { count: waiting.length } }}
          action={
            waiting.length === 1 && (
              <Link className={buttonClass('primary')} to={paths.connectProduct({ productId: first.product.id })}>
                {say('products.connect')}
              </Link>
            )
          }
        >
          {say('customers.waiting.about')}
        </Notice>
      )}
      <div>
        <NetworkTree
          customerId={shown.id}
          empty={
            <div className={css.panel}>
              <Empty
                icon="shield"
                title="customers.no-product"
                about="customers.no-product.about"
                action={
                  actor.can('product.create') && (
                    <Link className={buttonClass('primary')} to={paths.newProduct({ customerId: shown.id })}>
                      {say('products.new')}
                    </Link>
                  )
                }
              />
            </div>
          }
        />
      </div>
    </Stack>
  )
}

function Profile({ customer: shown }: { customer: Customer }) {
  const actor = useActor()
  return (
    <>
      <ProfileTab customer={shown} />
      <div className={css.below}>
        <LogoPanel customer={shown} />
        {actor.can('customer.credentials') && (
          <Part rows={3}>
            <CredentialsPanel customerId={shown.id} />
          </Part>
        )}
      </div>
    </>
  )
}

function Consent({ customer: shown }: { customer: Customer }) {
  const { rows } = useLoaded(contactsOf(shown.id))
  return <ConsentTab customerId={shown.id} company={shown.company} people={rows.map(nameOf)} />
}

function Indexes({ customerId }: { customerId: string }) {
  const say = useText()
  return (
    <>
      <p className={css.about}>
        {say('customers.indexes.about')} <Link to={paths.indexes()}>{say('customers.indexes.business')}</Link>
      </p>
      <IndexList whose={{ customerId }} />
    </>
  )
}
