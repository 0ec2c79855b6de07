import { debInstallCommand, installCommand } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { assertNamed, assertTakesKey, keyLifeHours, productsApi, stateAfterSwitch, type Product } from '@vigie/domain/products'
import { productTypes } from '@vigie/connectors/products'
import { doer, record } from '../audit/index.ts'
import { assertWithinCaps, giveWay, wakeAgent } from '../commands/index.ts'
import { isViewAllowed } from '../consent/index.ts'
import { assertVersion, handle, handleStream, speaker, exportPageSize, streamCsv, type Handler, type TenantDb } from '../platform/index.ts'
import { endpointCells, productCells } from './csv.ts'
import * as endpoints from './endpoints.ts'
import { toAgent, type AgentRow } from './rows.ts'
import { placesOf } from './places.ts'
import * as products from './store.ts'

const objectOf = (product: Product) => ({ kind: 'product', id: product.id, name: product.description })
const objectOfAgent = (agent: AgentRow) => ({ kind: 'agent', id: agent.id, name: agent.hostname })

/** As long as letters are kept (retention). */
const lostShownDays = 30

/** A customer that the actor sees. @throws customer.not-found */
async function assertCustomer(db: TenantDb, customerId: string, isLocked = false): Promise<void> {
  const { rowCount } = await db.query(`select from customer where id = $1 ${isLocked ? 'for no key update' : ''}`, [customerId])
  if (rowCount === 0) throw new Problem('customer.not-found', { customerId })
}

function announce(db: TenantDb, product: { id: string; customerId: string }): void {
  db.announce({ kind: 'product', id: product.id, customerId: product.customerId })
  db.announce({ kind: 'customer', id: product.customerId, customerId: product.customerId })
}

export const productRoutes: Handler[] = [
  handle(productsApi.getCatalogue, async ({ services }) => ({
    types: productTypes.map((type) => ({ ...type, isSimulated: services.isSimulated && !type.isConnectable })),
  })),

  handle(productsApi.listProducts, async ({ db, now }, { query }) => await products.list(db, query, now)),

  handleStream(productsApi.exportProducts, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const cells = Object.values(productCells)
    await streamCsv(
      context,
      reply,
      'products.csv',
      cells.map(([title]) => say(`column.${title}`)),
      async (db, cursor) => {
        const page = await products.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor }, context.now)
        if (cursor === undefined)
          await record(db, context.services.vault, context.now, doer(context), {
            activity: 'product.exported',
            object: { kind: 'product', id: null, name: 'products.csv' },
            after: query,
          })
        return { nextCursor: page.nextCursor, rows: page.rows.map((row) => cells.map(([, cell]) => cell(row, say))) }
      },
    )
  }),

  handle(productsApi.getTree, async ({ db, now }, { params: { customerId } }) => {
    await assertCustomer(db, customerId)
    const groups = Map.groupBy(await products.groupsOf(db, customerId), (group) => group.product_id)
    const ofCustomer = await products.ofCustomer(db, customerId, now)
    return {
      products: ofCustomer.map((product) => ({
        product,
        groups: (groups.get(product.id) ?? []).map((group) => ({
          name: group.name,
          label: group.label,
          endpointCount: group.endpoint_count,
        })),
      })),
    }
  }),

  handle(productsApi.createProduct, async ({ db, now, services, ...who }, { params: { customerId }, body }) => {
    await assertCustomer(db, customerId, true)
    const [product] = await products.add(db, customerId, [body], () => 'typeId', now, services.isSimulated)
    announce(db, product!)
    await record(db, services.vault, now, doer(who), {
      activity: 'product.created',
      object: objectOf(product!),
      customerId,
      after: product,
    })
    return product!
  }),

  handle(productsApi.getProduct, async ({ db, now }, { params }) => await products.get(db, params.productId, now)),

  handle(productsApi.updateProduct, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const before = await products.lock(db, params.productId, now)
    assertVersion(ifMatch, before.version)
    await products.describe(db, before.id, body.description)
    const after = await products.get(db, before.id, now)
    announce(db, after)
    await record(db, services.vault, now, doer(who), {
      activity: 'product.updated',
      object: objectOf(after),
      customerId: after.customerId,
      before: { description: before.description },
      after: { description: after.description },
    })
    return after
  }),

  handle(productsApi.deleteProduct, async ({ db, now, services, ...who }, { params, body }) => {
    const product = await products.lockWhole(db, params.productId, now)
    assertNamed(product.description, body.confirmName)
    const agents = await products.agentsOf(db, product.id)
    await products.remove(db, product, now)
    for (const agent of agents) await wakeAgent(db, agent.id) // finds that it is no longer known, and is told so
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'product.deleted',
      object: objectOf(product),
      customerId: product.customerId,
      before: { ...product, agents: agents.map((agent) => toAgent(agent)) },
    })
    return null
  }),

  handle(productsApi.issueKey, async ({ db, now, services, ...who }, { params }) => {
    const product = await products.lock(db, params.productId, now)
    assertTakesKey(product, await products.agentsOf(db, product.id))
    const expiresAt = new Date(now.getTime() + keyLifeHours * 3_600_000)
    const key = await products.issueKey(db, product.id, expiresAt)
    announce(db, product)
    await record(db, services.vault, now, doer(who), {
      activity: 'product.key-issued',
      object: objectOf(product),
      customerId: product.customerId,
      after: { expiresAt: expiresAt.toISOString() },
    })
    const { agentUrl, caFingerprint } = services
    const about = { agentUrl, caFingerprint, guid: product.guid }
    const userName = await products.registrationUserOf(db, product.customerId)
    return {
      guid: product.guid,
      key,
      expiresAt: expiresAt.toISOString(),
      caFingerprint,
      installCommand: installCommand({ ...about, key }),
      debCommand: debInstallCommand({ ...about, key }),
      credentialsCommand: userName && installCommand({ ...about, key: { userName } }),
    }
  }),

  handle(productsApi.listAgents, async ({ db, now }, { params }) => {
    const { customerId } = await products.get(db, params.productId, now)
    const isShown = await isViewAllowed(db, customerId, 'view-addresses')
    const lost = await products.lostBy(db, params.productId, new Date(now.getTime() - lostShownDays * 86_400_000))
    return {
      rows: (await products.agentsOf(db, params.productId)).map((agent) => ({
        ...toAgent(agent, isShown),
        lost: lost.get(agent.id) ?? null,
      })),
    }
  }),

  handle(productsApi.switchAgent, async ({ db, now, services, ...who }, { params, body: { isDisabled } }) => {
    const before = await products.lockAgent(db, params.agentId)
    if (before.switch === 'unregistered') throw new Problem('agent.unregistered', { agentId: before.id })
    if ((before.switch === 'disabled') === isDisabled) {
      db.markAudited() // a second click: nothing changes
      return toAgent(before, await isViewAllowed(db, before.customer_id, 'view-addresses'))
    }
    if (isDisabled) {
      await giveWay(db, [before.id], 'disable', now)
      await assertWithinCaps(db, services, who.actor, { type: 'disable', agents: [{ id: before.id, customerId: before.customer_id }] })
    }
    const after = await products.setSwitch(db, before, {
      switch: isDisabled ? 'disabled' : 'enabled',
      state: stateAfterSwitch(isDisabled, before.is_connected),
    })
    await wakeAgent(db, after.id)
    announce(db, { id: after.product_id, customerId: after.customer_id })
    const activity = isDisabled ? 'agent.disabled' : 'agent.enabled'
    await record(db, services.vault, now, doer(who), {
      activity,
      object: objectOfAgent(after),
      customerId: after.customer_id,
      before: { state: before.state },
      after: { state: after.state },
    })
    return toAgent(after, await isViewAllowed(db, after.customer_id, 'view-addresses'))
  }),

  handle(productsApi.unregisterAgent, async ({ db, now, services, ...who }, { params, body }) => {
    const agent = await products.lockAgent(db, params.agentId)
    assertNamed(agent.hostname, body.confirmName)
    if (agent.switch === 'unregistered') {
      db.markAudited() // a second click: nothing changes
      return null
    }
    await assertWithinCaps(db, services, who.actor, { type: 'unregister', agents: [{ id: agent.id, customerId: agent.customer_id }] })
    await products.setSwitch(db, agent, { switch: 'unregistered', state: 'unregistered' })
    await wakeAgent(db, agent.id)
    announce(db, { id: agent.product_id, customerId: agent.customer_id })
    await record(db, services.vault, now, doer(who), {
      activity: 'agent.unregistered',
      object: objectOfAgent(agent),
      customerId: agent.customer_id,
      before: toAgent(agent),
    })
    return null
  }),

  handle(productsApi.listEndpoints, async ({ db, now }, { query }) => await endpoints.list(db, query, now)),

  handleStream(
    productsApi.exportEndpoints,
    async (context, { query: { columns = [...productsApi.endpointCsvColumns], ...query } }, reply) => {
      const say = speaker(context.actor.locale)
      const cells = columns.map((column) => endpointCells[column])
      await streamCsv(
        context,
        reply,
        'endpoints.csv',
        cells.map(([title]) => say(`column.${title}`)),
        async (db, cursor) => {
          const page = await endpoints.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor }, context.now)
          if (cursor === undefined) {
            await record(db, context.services.vault, context.now, doer(context), {
              activity: 'endpoint.exported',
              object: { kind: 'endpoint', id: null, name: 'endpoints.csv' },
              customerId: query.customerId ?? null,
              after: { ...query, columns },
            })
          }
          const places = columns.includes('formerAddresses')
            ? await placesOf(
                db,
                page.rows.filter(({ addresses }) => addresses !== null).map(({ id }) => id),
              )
            : null
          return {
            rows: page.rows.map((row) => cells.map(([, cell]) => cell({ ...row, places: places?.get(row.id) ?? [] }, say))),
            nextCursor: page.nextCursor,
          }
        },
      )
    },
  ),

  handle(productsApi.getEndpoint, async ({ db, now }, { params }) => await endpoints.get(db, params.endpointId, now)),
  handle(productsApi.summariseEndpoints, async ({ db, now }, { query }) => await endpoints.summarise(db, query, now)),
]
