import { Problem } from '../kernel/index.ts'

/** CUS-5: only when it has no product, and only by its exact name. @throws customer.has-products, customer.name-differs */
export function assertDeletable(customer: { id: string; company: string; productCount: number }, confirmName: string): void {
  if (customer.productCount > 0) throw new Problem('customer.has-products', { customerId: customer.id, products: customer.productCount })
  if (confirmName.trim() !== customer.company)
    throw new Problem('customer.name-differs', {}, { fields: [{ path: 'confirmName', code: 'name-differs' }] })
}
