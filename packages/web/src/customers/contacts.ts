import { customersApi } from '@vigie/domain/customers'
import { query } from '../kit/index.ts'

export const contactsOf = (customerId: string) => query(customersApi.listContacts).with({ params: { customerId } })
