import { productsApi, type EndpointGroup, type Product } from '@vigie/domain/products'
import { markDue } from '../assessment/index.ts'
import { doer, record } from '../audit/index.ts'
import { assertVersion, handle, type Handler, type TenantDb } from '../platform/index.ts'
import * as groups from './groups.ts'
import * as products from './store.ts'

const objectOf = (group: Pick<EndpointGroup, 'name' | 'label'>) => ({ kind: 'group', id: null, name: group.label ?? group.name })
/** A maintenance window may be of a group: who leaves or reaches one is assessed anew (EVT-9). After the endpoints and groups are held, as ingest does. */
const regrouped = async (db: TenantDb, product: Pick<Product, 'id' | 'customerId'>, moved: number, now: Date) => {
  if (moved > 0) await markDue(db, [{ productId: product.id, customerId: product.customerId }], now)
}
const announce = (db: TenantDb, product: Pick<Product, 'id' | 'customerId'>) =>
  db.announce({ kind: 'product', id: product.id, customerId: product.customerId })

/** PRD-3: groups of a product's endpoints, and moving between them. */
export const groupRoutes: Handler[] = [
  handle(productsApi.listGroups, async ({ db, now }, { params: { productId } }) => {
    await products.get(db, productId, now)
    return { rows: await groups.list(db, productId), newEndpointGroup: await groups.newEndpointGroup(db, productId) }
  }),

  handle(productsApi.createGroup, async ({ db, now, services, ...who }, { params, body }) => {
    const product = await products.lock(db, params.productId, now)
    const group = await groups.add(db, product, body.label, now)
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'group.created',
      object: objectOf(group),
      customerId: product.customerId,
      after: { productId: product.id, ...group },
    })
    return group
  }),

  handle(productsApi.renameGroup, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const product = await products.get(db, params.productId, now)
    const before = await groups.lockOwn(db, product.id, params.group)
    assertVersion(ifMatch, before.version)
    const after = await groups.rename(db, product.id, before.name, body.label)
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'group.renamed',
      object: objectOf(after),
      customerId: product.customerId,
      before: { label: before.label },
      after: { label: after.label },
    })
    return after
  }),

  handle(productsApi.deleteGroup, async ({ db, now, services, ifMatch, ...who }, { params }) => {
    const { id } = await products.get(db, params.productId, now)
    const emptied = await groups.empty(db, id, params.group)
    const before = await groups.lockOwn(db, id, params.group)
    assertVersion(ifMatch, before.version)
    const product = await products.lock(db, id, now)
    const moved = emptied + (await groups.remove(db, id, before.name))
    await regrouped(db, product, moved, now)
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'group.deleted',
      object: objectOf(before),
      customerId: product.customerId,
      before: { productId: product.id, ...before },
      after: { moved },
    })
    return { moved }
  }),

  handle(productsApi.setNewEndpointGroup, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const product = await products.lock(db, params.productId, now)
    assertVersion(ifMatch, product.version)
    const before = await groups.newEndpointGroup(db, product.id)
    await groups.setNewEndpointGroup(db, product.id, body.group)
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'product.updated',
      object: { kind: 'product', id: product.id, name: product.description },
      customerId: product.customerId,
      before: { newEndpointGroup: before },
      after: { newEndpointGroup: body.group },
    })
    return { newEndpointGroup: body.group }
  }),

  handle(productsApi.moveEndpoints, async ({ db, now, services, ...who }, { params, body }) => {
    const product = await products.get(db, params.productId, now)
    const moved = await groups.move(db, product.id, params.group, body, now)
    await regrouped(db, product, moved, now)
    const group = (await groups.list(db, product.id)).find(({ name }) => name === params.group)!
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'endpoint.moved',
      object: objectOf(group),
      customerId: product.customerId,
      after: { productId: product.id, group: params.group, ...body, moved },
    })
    return { moved }
  }),
]
