import * as z from 'zod'
import { ReleaseVersion } from '../agents/index.ts'
import { defineRoute } from '../kernel/index.ts'
import { AgentVersions } from './shapes.ts'

const params = z.strictObject({ version: ReleaseVersion })

/** Few: all that were released or run anywhere, newest first. */
export const listVersions = defineRoute({ id: 'agent-versions.list', method: 'GET', path: '/v1/agent-versions', permission: 'product.read', reply: AgentVersions, problems: [] })
/** AGT-1: agents of this business may be told to upgrade to it; it tells none. */
export const approveVersion = defineRoute({
  id: 'agent-versions.approve', method: 'PUT', path: '/v1/agent-versions/:version/approval', permission: 'agent.upgrade', params, reply: AgentVersions, problems: ['release.not-found', 'release.expired'],
})
/** Orders for it stop telling anybody; agents that have it keep it: there is no way back but by a newer release (R17). */
export const withdrawVersion = defineRoute({
  id: 'agent-versions.withdraw', method: 'DELETE', path: '/v1/agent-versions/:version/approval', permission: 'agent.upgrade', params, reply: AgentVersions, problems: ['release.not-found'],
})
