import * as z from 'zod'
import { ReleaseVersion } from '../agents/index.ts'
import { defineRoute, listQuery } from '../kernel/index.ts'
import { AgentVersions } from './shapes.ts'

const params = z.strictObject({ version: ReleaseVersion })

const versionsQuery = listQuery(['version'], {}, '-version')
/** All that were released or run anywhere, newest first. `approved` and `hasRoot` are of all, whatever the page. */
export const listVersions = defineRoute({
  id: 'agent-versions.list',
  method: 'GET',
  path: '/v1/agent-versions',
  permission: 'product.read',
  query: versionsQuery,
  reply: AgentVersions.extend({ nextCursor: z.string().nullable() }),
  problems: [],
})
export const exportVersions = defineRoute({
  id: 'agent-versions.export',
  method: 'GET',
  path: '/v1/agent-versions.csv',
  permission: 'product.read',
  query: versionsQuery,
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
/** AGT-1: agents of this business may be told to upgrade to it; it tells none. */
export const approveVersion = defineRoute({
  id: 'agent-versions.approve',
  method: 'PUT',
  path: '/v1/agent-versions/:version/approval',
  permission: 'agent.upgrade',
  params,
  reply: AgentVersions,
  problems: ['release.not-found', 'release.expired'],
})
/** Orders for it stop telling anybody; agents that have it keep it: there is no way back but by a newer release (R17). */
export const withdrawVersion = defineRoute({
  id: 'agent-versions.withdraw',
  method: 'DELETE',
  path: '/v1/agent-versions/:version/approval',
  permission: 'agent.upgrade',
  params,
  reply: AgentVersions,
  problems: ['release.not-found'],
})
