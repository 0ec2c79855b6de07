import { assertDeletable, customersApi, type Customer } from '@vigie/domain/customers'
import { nameOf, Problem } from '@vigie/domain/kernel'
import { markDue, productsRetagged } from '../assessment/index.ts'
import { doer, record } from '../audit/index.ts'
import { handle, newId, type Handler, type TenantDb } from '../platform/index.ts'
import { addProducts } from '../products/index.ts'
import { followFromTheStart } from '../settings/index.ts'
import { assertUnchanged } from './changed-by.ts'
import * as contacts from './contacts.ts'
import { credentialRoutes } from './credentials-routes.ts'
import { listRoutes } from './list-routes.ts'
import { logoRoutes } from './logo-routes.ts'
import * as customers from './store.ts'
import { viewerRoutes } from './viewers.ts'

const objectOf = (customer: Pick<Customer, 'id' | 'company'>) => ({ kind: 'customer', id: customer.id, name: customer.company })
const objectOfContact = (contact: { id: string; firstName: string; lastName: string }) => ({
  kind: 'contact',
  id: contact.id,
  name: nameOf(contact),
})
const announce = (db: TenantDb, customerId: string) => db.announce({ kind: 'customer', id: customerId, customerId })

/** Nobody makes, or turns a customer into, what he does not see himself (ACC-14, R5). */
async function assertInScope(db: TenantDb, customerId: string): Promise<void> {
  if (!(await customers.isInScope(db, customerId))) throw new Problem('customer.outside-scope')
}

export const customerRoutes: Handler[] = [
  ...listRoutes,
  ...logoRoutes,
  ...credentialRoutes,
  ...viewerRoutes,

  handle(customersApi.createCustomer, async ({ db, now, services, ...who }, { body }) => {
    const id = newId(now)
    const products = await db.widely(async () => {
      await customers.insert(db, id, body, now)
      await customers.setTags(db, id, body.tags)
      await contacts.insert(db, id, body.contact, now)
      return await addProducts(db, id, body.products, (n) => `products.${n}.typeId`, now, services.isSimulated)
    })
    await assertInScope(db, id)
    const customer = await customers.get(db, id)
    announce(db, id)
    for (const product of products) db.announce({ kind: 'product', id: product.id, customerId: id })
    await record(db, services.vault, now, doer(who), {
      activity: 'customer.created',
      object: objectOf(customer),
      customerId: id,
      after: { ...customer, contact: body.contact, products },
    })
    if (body.templateId !== null) await followFromTheStart({ db, now, services, ...who }, id, body.templateId)
    return { customer, products }
  }),

  handle(customersApi.getCustomer, async ({ db }, { params }) => await customers.get(db, params.customerId)),

  handle(customersApi.updateCustomer, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const before = await customers.lock(db, params.customerId)
    await assertUnchanged(db, ifMatch, { customerId: before.id, objectId: before.id, version: before.version })
    await db.widely(async () => {
      await customers.update(db, before.id, { profile: body.profile ?? before, account: body.account ?? before })
      if (body.tags) await customers.setTags(db, before.id, body.tags)
    })
    await assertInScope(db, before.id)
    const after = await customers.get(db, before.id)
    if (before.tags.join() !== after.tags.join()) await markDue(db, await productsRetagged(db, [before.id]), now)
    announce(db, after.id)
    await record(db, services.vault, now, doer(who), {
      activity: 'customer.updated',
      object: objectOf(after),
      customerId: after.id,
      before,
      after,
    })
    return after
  }),

  handle(customersApi.deleteCustomer, async ({ db, now, services, ...who }, { params, body }) => {
    const customer = await customers.lock(db, params.customerId)
    assertDeletable(customer, body.confirmName)
    const before = { ...customer, contacts: await contacts.list(db, customer.id) }
    await customers.remove(db, customer.id, now)
    announce(db, customer.id)
    await record(db, services.vault, now, doer(who), {
      activity: 'customer.deleted',
      object: objectOf(customer),
      customerId: customer.id,
      before,
    })
    return null
  }),

  handle(customersApi.listContacts, async ({ db }, { params }) => {
    await customers.get(db, params.customerId)
    return { rows: await contacts.list(db, params.customerId) }
  }),

  handle(customersApi.createContact, async ({ db, now, services, ...who }, { params, body }) => {
    const customer = await customers.lock(db, params.customerId)
    const contact = await contacts.insert(db, customer.id, body, now)
    announce(db, customer.id)
    await record(db, services.vault, now, doer(who), {
      activity: 'contact.created',
      object: objectOfContact(contact),
      customerId: customer.id,
      after: contact,
    })
    return contact
  }),

  handle(customersApi.updateContact, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    await customers.get(db, params.customerId)
    const before = await contacts.lock(db, params.customerId, params.contactId)
    await assertUnchanged(db, ifMatch, { customerId: params.customerId, objectId: before.id, version: before.version })
    const after = await contacts.update(db, before.id, body)
    announce(db, params.customerId)
    await record(db, services.vault, now, doer(who), {
      activity: 'contact.updated',
      object: objectOfContact(after),
      customerId: params.customerId,
      before,
      after,
    })
    return after
  }),

  handle(customersApi.deleteContact, async ({ db, now, services, ...who }, { params }) => {
    await customers.get(db, params.customerId)
    const contact = await contacts.lock(db, params.customerId, params.contactId)
    await contacts.remove(db, contact.id)
    announce(db, params.customerId)
    await record(db, services.vault, now, doer(who), {
      activity: 'contact.deleted',
      object: objectOfContact(contact),
      customerId: params.customerId,
      before: contact,
    })
    return null
  }),
]
