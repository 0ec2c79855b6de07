import * as z from 'zod'
import { ContactId, CustomerId, defineRoute } from '../kernel/index.ts'
import { NewProduct, Product } from '../products/shapes.ts'
import { CompanyProfile, Contact, ContactInput, Customer, CustomerAccount, Tag } from './shapes.ts'

const params = z.strictObject({ customerId: CustomerId })
const contactParams = z.strictObject({ customerId: CustomerId, contactId: ContactId })
export * from './list-api.ts'
export * from './page-api.ts'

/** CUS-1: all three steps at once, or nothing. The contact becomes the customer's first; each product comes with its GUID. */
export const createCustomer = defineRoute({
  id: 'customers.create',
  method: 'POST',
  path: '/v1/customers',
  permission: 'customer.create',
  body: z.strictObject({
    profile: CompanyProfile,
    account: CustomerAccount,
    contact: ContactInput,
    tags: z.array(Tag).max(20).default([]),
    products: z.array(NewProduct).max(20).default([]),
    /** The settings template that the customer follows from the start (ADM-3); null: none, machines keep what they have. Needs `setting.update` as well. */
    templateId: z.uuid().nullable().default(null),
  }),
  reply: z.object({ customer: Customer, products: z.array(Product) }),
  problems: [
    'customer.account-id-taken',
    'customer.outside-scope',
    'product.type-unknown',
    'product.type-not-connectable',
    'template.not-found',
    'template.does-not-fit',
  ],
})
export const getCustomer = defineRoute({
  id: 'customers.get',
  method: 'GET',
  path: '/v1/customers/:customerId',
  permission: 'customer.read',
  params,
  reply: Customer,
  problems: ['customer.not-found'],
})
/** `If-Match` carries `version`: of two people editing one customer the second is told (`request.changed-meanwhile`). */
export const updateCustomer = defineRoute({
  id: 'customers.update',
  method: 'PATCH',
  path: '/v1/customers/:customerId',
  permission: 'customer.update',
  params,
  body: z.strictObject({ profile: CompanyProfile, account: CustomerAccount, tags: z.array(Tag).max(20) }).partial(),
  reply: Customer,
  problems: [
    'customer.not-found',
    'customer.account-id-taken',
    'customer.outside-scope',
    'request.changed-meanwhile',
    'request.precondition-missing',
  ],
})
/** CUS-5. `confirmName` is what the person typed; never in the address: it would land in access logs. */
export const deleteCustomer = defineRoute({
  id: 'customers.delete',
  method: 'DELETE',
  path: '/v1/customers/:customerId',
  permission: 'customer.delete',
  params,
  body: z.strictObject({ confirmName: z.string().max(200) }),
  reply: z.null(),
  problems: ['customer.not-found', 'customer.name-differs', 'customer.has-products'],
})

export const listContacts = defineRoute({
  id: 'contacts.list',
  method: 'GET',
  path: '/v1/customers/:customerId/contacts',
  permission: 'customer.read',
  params,
  reply: z.object({ rows: z.array(Contact) }),
  problems: ['customer.not-found'],
})
export const createContact = defineRoute({
  id: 'contacts.create',
  method: 'POST',
  path: '/v1/customers/:customerId/contacts',
  permission: 'customer.update',
  params,
  body: ContactInput,
  reply: Contact,
  problems: ['customer.not-found'],
})
export const updateContact = defineRoute({
  id: 'contacts.update',
  method: 'PATCH',
  path: '/v1/customers/:customerId/contacts/:contactId',
  permission: 'customer.update',
  params: contactParams,
  body: ContactInput,
  reply: Contact,
  problems: ['customer.not-found', 'contact.not-found', 'request.changed-meanwhile', 'request.precondition-missing'],
})
export const deleteContact = defineRoute({
  id: 'contacts.delete',
  method: 'DELETE',
  path: '/v1/customers/:customerId/contacts/:contactId',
  permission: 'customer.update',
  params: contactParams,
  reply: z.null(),
  problems: ['customer.not-found', 'contact.not-found'],
})
