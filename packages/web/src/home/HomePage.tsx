import { figuresApi, agentsByState, attention } from '@vigie/domain/figures'
import { customersApi } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { buttonClass, Link, loadAllowed, Notice, Page, Part, paths, query, Stack, useActor, useLoaded, useText } from '../kit/index.ts'
import { AgentsByState } from './AgentsByState.tsx'
import { Attention } from './Attention.tsx'
import css from './home.module.css'
import { NewestEvents, newest } from './NewestEvents.tsx'
import { Start } from './Start.tsx'
import { nextStep } from './start.ts'

const attentionFigure = query(figuresApi.getFigure).with({ params: { figureId: attention.id } })
const agentsFigure = query(figuresApi.getFigure).with({ params: { figureId: agentsByState.id } })
const someCustomer = query(customersApi.listCustomers).with({ query: { limit: 1, sort: '-createdAt' } })
const someProduct = query(productsApi.listProducts).with({ query: { limit: 1, sort: '-createdAt' } })
export const loader = loadAllowed(['figure.read', attentionFigure], ['figure.read', agentsFigure], ['customer.read', someCustomer], ['product.read', someProduct], ['event.read', newest])

/** What needs somebody now; on a new installation, how to begin. */
export default function HomePage() {
  const say = useText()
  const actor = useActor()
  const needs = useLoaded(attentionFigure)
  const agents = useLoaded(agentsFigure)
  const customers = useLoaded(someCustomer)
  const products = useLoaded(someProduct)
  const open = attention.value.parse(needs.value)
  const { states } = agentsByState.value.parse(agents.value)
  const count = (of: (state: string) => boolean) => states.filter(({ state }) => of(state)).reduce((sum, one) => sum + one.count, 0)
  const next = nextStep({ customers: customers.rows.length, products: products.rows.length, connected: count((state) => state !== 'pending'), events: open.actionRequired + open.warning })
  return (
    <Page title={{ key: 'home.title', values: { name: actor.account.firstName } }} updatedAt={needs.updatedAt}>
      <Stack>
        {!actor.account.hasMfa && (
          <Notice title="home.second-factor" action={<Link className={buttonClass()} to={paths.secondFactorSetup({ return: paths.home() })}>{say('home.second-factor.set-up')}</Link>}>
            {say('home.second-factor.about')}
          </Notice>
        )}
        {next === null ? (
          <>
            <div className={css.top}>
              <Attention value={open} />
              <AgentsByState states={states} />
            </div>
            {actor.can('event.read') && <Part rows={6}><NewestEvents /></Part>}
          </>
        ) : (
          <Start next={next} customer={customers.rows[0]} product={products.rows[0]} />
        )}
      </Stack>
    </Page>
  )
}
