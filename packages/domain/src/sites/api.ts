import * as z from 'zod'
import { defineRoute, ProductId } from '../kernel/index.ts'
import { maxMachinesPerKey, Site, SiteInstructions } from './shapes.ts'

const params = z.strictObject({ productId: ProductId })

export const getSite = defineRoute({
  id: 'sites.get',
  method: 'GET',
  path: '/v1/products/:productId/site',
  permission: 'product.read',
  params,
  reply: Site,
  problems: ['product.not-found', 'product.no-site-server'],
})
/** R9: bounded by a number of machines and 24 h. Others made before stay usable: two technicians may roll out at once. */
export const issueEndpointKey = defineRoute({
  id: 'sites.issue-key',
  method: 'POST',
  path: '/v1/products/:productId/site/keys',
  permission: 'product.issue-key',
  params,
  body: z.strictObject({ machines: z.number().int().min(1).max(maxMachinesPerKey) }),
  reply: SiteInstructions,
  hasSecretReply: true,
  problems: ['product.not-found', 'product.no-site-server'],
})
/** It enrols nobody any more; who enrolled with it stays. */
export const revokeEndpointKey = defineRoute({
  id: 'sites.revoke-key',
  method: 'DELETE',
  path: '/v1/products/:productId/site/keys/:endpointKeyId',
  permission: 'product.issue-key',
  params: z.strictObject({ productId: ProductId, endpointKeyId: z.uuid() }),
  reply: z.null(),
  problems: ['product.not-found', 'endpoint-key.not-found'],
})
