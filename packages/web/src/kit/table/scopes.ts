import { customersApi } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { useActor } from '../actor.ts'
import { useAddress } from '../address.ts'
import { query, useQuietly } from '../query.ts'
import type { Label } from '../text.tsx'
import type { Filter } from './filters.tsx'

const attentive = query(customersApi.listCustomers).with({ query: { sort: '-attention', limit: '30' as never } })

/**
 * `customerId` as a filter: offers those needing most attention, and names whichever the address holds (every number links to its rows, and the list
 * must show what made them).
 */
export function useCustomerFilter(): Filter[] {
  const { customerId } = useAddress().search
  const may = useActor().can('customer.read')
  const known = useQuietly(may ? attentive : null)?.rows ?? []
  const chosen = useQuietly(may && customerId ? query(customersApi.getCustomer).with({ params: { customerId } }) : null)
  if (!may) return []
  const options: Filter['options'] = known.map((customer) => ({ value: customer.id, label: { text: customer.company } }))
  if (customerId && !known.some((customer) => customer.id === customerId))
    options.unshift({ value: customerId, label: chosen ? { text: chosen.company } : unnamed })
  return [{ key: 'customerId', label: 'common.customer', isSingle: true, options }]
}

/** `productId` and `endpointId` come with links only: their chips stand while the address holds them. */
export function useOriginFilters(): Filter[] {
  const { productId, endpointId } = useAddress().search
  const may = useActor().can('product.read')
  const product = useQuietly(may && productId ? query(productsApi.getProduct).with({ params: { productId } }) : null)
  const endpoint = useQuietly(may && endpointId ? query(productsApi.getEndpoint).with({ params: { endpointId } }) : null)
  const one = (key: string, label: string, value: string | undefined, name: string | undefined): Filter[] =>
    value ? [{ key, label, isSingle: true, options: [{ value, label: name === undefined ? unnamed : { text: name } }] }] : []
  return [
    ...one('productId', 'common.product', productId, product?.description),
    ...one('endpointId', 'common.endpoint', endpointId, endpoint?.name),
  ]
}

const unnamed: Label = { text: '…' }
