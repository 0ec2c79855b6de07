import { customersApi, type Customer } from '@vigie/domain/customers'
import { confirmByName, toast, useAction } from '../kit/index.ts'

/** CUS-5: by its name; only without products, which the caller greys out beforehand. */
export function useDeleteCustomer() {
  const { run } = useAction(customersApi.deleteCustomer)
  return (customer: Customer, then?: () => void) =>
    confirmByName(
      customer.company,
      async (confirmName) => {
        await run({ params: { customerId: customer.id }, body: { confirmName } })
        toast({ key: 'customers.deleted', values: { customer: customer.company } })
        then?.()
      },
      { consequence: 'customers.delete.consequence' },
    )
}
