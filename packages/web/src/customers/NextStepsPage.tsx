import { customersApi } from '@vigie/domain/customers'
import type { ReactNode } from 'react'
import {
  AgentStateTag,
  buttonClass,
  Glyph,
  Icon,
  Link,
  loadAllowed,
  Page,
  Panel,
  paths,
  query,
  useActor,
  useLoaded,
  useText,
  type Address,
  type Label,
} from '../kit/index.ts'
import { treeOf } from '../products/index.ts'
import css from './customers.module.css'

const customer = query(customersApi.getCustomer).at((at) => ({ params: { customerId: at.params['customerId']! } }))
const tree = (at: Address) => treeOf(at.params['customerId']!)
export const loader = loadAllowed([null, customer], ['product.read', tree])

/** The wizard's end (CUS-1): what is still to be done before the customer is protected. Follows what happens: a product turns when its agent registers. */
export default function NextStepsPage() {
  const say = useText()
  const actor = useActor()
  const shown = useLoaded(customer)
  const customerId = shown.id
  return (
    <Page
      title={{ key: 'customers.next.title', values: { customer: shown.company } }}
      about="customers.next.about"
      crumbs={[
        { label: 'customers.title', to: paths.customers() },
        { label: { text: shown.company }, to: paths.customer({ customerId }) },
      ]}
      action={
        <Link className={buttonClass()} to={paths.customer({ customerId })}>
          {say('customers.next.open')}
        </Link>
      }
      narrow
    >
      <Panel lines>
        <ol className={css.steps}>
          {actor.can('product.read') && <Products customerId={customerId} />}
          {actor.can('consent.update') && (
            <Step title="customers.next.consent" about="customers.next.consent.about">
              <Link className={buttonClass()} to={paths.customer({ customerId, tab: 'consent' })}>
                {say('customers.next.consent.open')}
              </Link>
            </Step>
          )}
          {actor.can('customer.update') && (
            <Step title="customers.next.profile" about="customers.next.profile.about">
              <Link className={buttonClass()} to={paths.customer({ customerId, tab: 'profile' })}>
                {say('customers.next.profile.open')}
              </Link>
            </Step>
          )}
        </ol>
      </Panel>
    </Page>
  )
}

function Products({ customerId }: { customerId: string }) {
  const say = useText()
  const actor = useActor()
  const { products } = useLoaded(treeOf(customerId))
  if (products.length === 0) {
    return (
      <Step title="customers.next.no-product" about="customers.next.no-product.about">
        {actor.can('product.create') && (
          <Link className={buttonClass('primary')} to={paths.newProduct({ customerId })}>
            {say('products.new')}
          </Link>
        )}
      </Step>
    )
  }
  return products.map(({ product }) => (
    <Step
      key={product.id}
      isDone={product.state !== 'pending'}
      title={{ key: 'customers.next.connect', values: { product: product.description } }}
      about={product.state === 'pending' ? 'customers.next.connect.about' : 'customers.next.connected.about'}
    >
      {product.state === 'pending' ? (
        actor.can('product.issue-key') && (
          <Link className={buttonClass('primary')} to={paths.connectProduct({ productId: product.id })}>
            {say('products.connect')}
          </Link>
        )
      ) : (
        <AgentStateTag state={product.state} />
      )}
    </Step>
  ))
}

function Step({ title, about, isDone = false, children }: { title: Label; about: Label; isDone?: boolean; children: ReactNode }) {
  const say = useText()
  return (
    <li>
      {isDone ? <Icon name="check" /> : <Glyph sign="pending" size={16} />}
      <div className={css.stepWords}>
        <h2>{say(title)}</h2>
        <p>{say(about)}</p>
      </div>
      {children}
    </li>
  )
}
