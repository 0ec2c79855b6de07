import { customersApi, type Customer } from '@vigie/domain/customers'
import { api } from '../kit/index.ts'

export const logoAddress = ({ id, logoVersion }: Pick<Customer, 'id' | 'logoVersion'>): string =>
  api(customersApi.getLogo).href({ params: { customerId: id }, query: { v: String(logoVersion) } })
