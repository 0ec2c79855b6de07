import { expect } from 'vitest'
import { assessProducts } from '../../assessment/assessor.ts'
import { wakeDue } from '../../assessment/waking.ts'
import { newId, type Actor, type TenantDb } from '../../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../../platform/testing/database.ts'
import type { TestServer } from '../../platform/testing/server.ts'
import { followWindows } from '../jobs.ts'

export const minute = 60_000
export const hour = 60 * minute
/** When each test begins. */
export const noon = Date.parse('2026-11-21T12:00:00Z')

/** A customer with a product of two endpoints: the first in the group `servers`, the other in `desktops`. */
export interface Site {
  customerId: string
  productId: string
  endpointIds: string[]
}

/** A business at noon, whose owner wants to be told of events; what happens at its customers' sites, and what is planned there. */
export async function aBusiness(server: TestServer) {
  server.clock.set(new Date(noon))
  const partnerId = await aPartner(server.database)
  const owner: Actor = await anActor(server.database, partnerId)
  const call = server.as(owner)
  const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
  await rows('update account set is_told_of_events = true where id = $1', [owner.accountId])

  const system = <T>(work: (db: TenantDb) => Promise<T>) =>
    server.database.transaction({ partnerId, scope: 'all', principalId: null }, work)
  const assessIn = (db: TenantDb, ...ids: string[]) => assessProducts(db, server.services, ids, new Date(noon + 400 * 24 * hour))
  const assess = (...ids: string[]) => system((db) => assessIn(db, ...ids))
  const off = (site: Site, ...ns: number[]) =>
    rows(`update endpoint set real_time_scan = case when id = any($2) then 'off' else 'on' end where product_id = $1`, [
      site.productId,
      ns.map((n) => site.endpointIds[n]),
    ])

  return {
    partnerId,
    owner,
    call,
    rows,
    system,
    assess,
    assessIn,
    pass: (ms: number) => server.clock.add(ms),
    /** What the scheduler and the assessor do. */
    async tick() {
      await followWindows.run(server.services)
      await wakeDue.run(server.services)
      const due = await rows('delete from assessment_due where partner_id = $1 and due_at <= $2 returning product_id', [
        partnerId,
        server.clock.now(),
      ])
      await assess(...due.map(({ product_id }) => product_id as string))
    },
    async aSite(tags: string[] = []): Promise<Site> {
      const customerId = await aCustomer(server.database, partnerId, { company: 'Boulangerie Martin', tags })
      const productId = await aProduct(server.database, partnerId, customerId)
      const endpointIds = [newId(), newId()]
      for (const [n, group] of ['servers', 'desktops'].entries()) {
        await rows(
          `insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count, created_at) values ($1, $2, $3, $4, $5, 1, $6) on conflict (partner_id, product_id, name) do update set endpoint_count = 1`,
          [partnerId, productId, customerId, group, n, new Date(noon)],
        )
        await rows(
          `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, $5, $5, $6)`,
          [partnerId, endpointIds[n], customerId, productId, `srv-${n}`, group],
        )
      }
      await rows('update product set last_seen_at = $2 where id = $1', [productId, new Date(noon)])
      return { customerId, productId, endpointIds }
    },
    /** Real-time scan off on these and on no other: a threat event, action required, once it is assessed. */
    off,
    /** As `off`, and assessed. */
    async trouble(site: Site, ...ns: number[]) {
      await off(site, ...ns)
      await assess(site.productId)
    },
    /** Two hours from noon, of every category, unless `more` says otherwise. What it silences falls silent with the next `tick`. */
    async plan(target: object, more: object = {}) {
      const made = await call('POST', '/v1/maintenance', {
        name: 'Server room',
        reason: 'New disks',
        target,
        groups: ['threat', 'system', 'licence'],
        schedule: once('2026-11-21', '12:00'),
        durationMinutes: 120,
        timeZone: 'UTC',
        ...more,
      })
      expect(made.status, JSON.stringify(made.body)).toBe(200)
      return made.body
    },
    mails: async () => (await rows('select count(*)::integer as n from outbox where partner_id = $1', [partnerId]))[0].n as number,
  }
}
export type Business = Awaited<ReturnType<typeof aBusiness>>

export const once = (from: string, time: string) => ({ kind: 'once', from, time })
