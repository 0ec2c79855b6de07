import { installCommand } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { keyLifeHours } from '@vigie/domain/products'
import { sitesApi } from '@vigie/domain/sites'
import { productTypeById } from '@vigie/connectors/products'
import { commandKeyOf } from '../agents/index.ts'
import { doer, record } from '../audit/index.ts'
import { handle, type Handler } from '../platform/index.ts'
import * as sites from './store.ts'

const objectOf = (product: sites.SiteProduct) => ({ kind: 'product', id: product.id, name: product.description })

/** @throws product.no-site-server */
function assertSiteServer(product: sites.SiteProduct): void {
  if (productTypeById.get(product.typeId)?.isSiteServer !== true) throw new Problem('product.no-site-server', { productId: product.id })
}

export const siteRoutes: Handler[] = [
  handle(sitesApi.getSite, async ({ db, now }, { params }) => {
    const product = await sites.product(db, params.productId)
    assertSiteServer(product)
    const server = await sites.serverOf(db, product.id)
    return {
      server: server && {
        agentId: server.agentId,
        hostname: server.hostname,
        state: server.state,
        urls: server.urls,
        problem: server.problem,
        reportedAt: server.reportedAt.toISOString(),
        held: server.heldAt && {
          records: server.heldRecords,
          sizeBytes: server.heldBytes,
          since: server.heldSince?.toISOString() ?? null,
          saidAt: server.heldAt.toISOString(),
        },
      },
      endpoints: await sites.endpointsOf(db, product.id),
      keys: await sites.keysOf(db, product.id, now),
    }
  }),

  handle(sitesApi.issueEndpointKey, async ({ db, now, services, ...who }, { params, body: { machines } }) => {
    const product = await sites.product(db, params.productId)
    assertSiteServer(product)
    const expiresAt = new Date(now.getTime() + keyLifeHours * 3_600_000)
    const { id, key } = await sites.addKey(db, product, { machines, expiresAt, createdBy: who.actor.name, at: now })
    db.announce({ kind: 'product', id: product.id, customerId: product.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'product.endpoint-key-issued',
      object: objectOf(product),
      customerId: product.customerId,
      after: { endpointKeyId: id, machines, expiresAt: expiresAt.toISOString() },
    })
    const { guid } = product
    const { agentUrl, caFingerprint } = services
    const server = await sites.serverOf(db, product.id)
    const behind = { commandKey: commandKeyOf(services), caFingerprint }
    return {
      id,
      guid,
      key,
      machines,
      expiresAt: expiresAt.toISOString(),
      commands: [
        ...(server?.urls ?? []).map((url) => ({
          url,
          installCommand: installCommand({ agentUrl: url, caFingerprint: server!.caFingerprint, guid, key, behind }),
        })),
        { url: null, installCommand: installCommand({ agentUrl, caFingerprint, guid, key }) },
      ],
    }
  }),

  handle(sitesApi.revokeEndpointKey, async ({ db, now, services, ...who }, { params: { productId, endpointKeyId } }) => {
    const product = await sites.product(db, productId)
    const key = await sites.lockKey(db, productId, endpointKeyId)
    if (key.revokedAt !== null) {
      db.markAudited() // a second click: nothing changes
      return null
    }
    await sites.revokeKey(db, endpointKeyId, now)
    db.announce({ kind: 'product', id: product.id, customerId: product.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'product.endpoint-key-revoked',
      object: objectOf(product),
      customerId: product.customerId,
      before: { endpointKeyId, machines: key.machines, used: key.uses },
      after: { endpointKeyId, revokedAt: now.toISOString() },
    })
    return null
  }),
]
