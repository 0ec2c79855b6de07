import { customersApi } from '@vigie/domain/customers'
import { agentsByState, figuresApi } from '@vigie/domain/figures'
import { productsApi } from '@vigie/domain/products'
import type * as z from 'zod'
import { loadAllowed, Part, query, useLoaded } from '../kit/index.ts'
import { Dashboard } from './Dashboard.tsx'
import { Start } from './Start.tsx'
import { nextStep } from './start.ts'
import { layout } from './useLayout.ts'

const agentsFigure = query(figuresApi.getFigure).with({ params: { figureId: agentsByState.id }, query: {} })
const someCustomer = query(customersApi.listCustomers).with({ query: { limit: 1, sort: '-createdAt' } })
const someProduct = query(productsApi.listProducts).with({ query: { limit: 1, sort: '-createdAt' } })
export const loader = loadAllowed(['figure.read', layout], ['product.read', agentsFigure])

/** The dashboard, from the first agent that registered on. */
export function Home() {
  const { states } = useLoaded(agentsFigure).value as z.output<typeof agentsByState.value>
  const connected = states.filter(({ state }) => state !== 'pending').reduce((sum, { count }) => sum + count, 0)
  return connected > 0 ? (
    <Dashboard />
  ) : (
    <Part>
      <Beginning />
    </Part>
  )
}

/** Nothing reports yet: the steps until something does. */
function Beginning() {
  const customers = useLoaded(someCustomer)
  const products = useLoaded(someProduct)
  const next = nextStep({ customers: customers.rows.length, products: products.rows.length, connected: 0 })
  return next === null ? <Dashboard /> : <Start next={next} customer={customers.rows[0]} product={products.rows[0]} />
}
