import { Problem } from '@vigie/domain/kernel'
import { assertVersion, type TenantDb } from '../platform/index.ts'

/** Of two people editing one customer or contact the second is told who was first, and when (CUS-3). @throws request.precondition-missing, request.changed-meanwhile */
export async function assertUnchanged(
  db: TenantDb,
  ifMatch: number | null,
  current: { customerId: string; objectId: string; version: number },
): Promise<void> {
  if (ifMatch !== null && ifMatch !== current.version) {
    // plan: audit_customer, from its end
    const {
      rows: [last],
    } = await db.query<{ actor_name: string; at: Date }>(
      `select actor_name, at from audit where customer_id = $1 and object_id = $2 and activity in ('customer.updated', 'contact.updated', 'customer.created', 'customer.tagged', 'customer.assigned') order by sequence desc limit 1`,
      [current.customerId, current.objectId],
    )
    throw new Problem('request.changed-meanwhile', {
      version: current.version,
      ...(last ? { changedBy: last.actor_name, changedAt: last.at.toISOString() } : {}),
    })
  }
  assertVersion(ifMatch, current.version)
}
