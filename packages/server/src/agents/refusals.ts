import type { EnrolRequest } from '@vigie/domain/agents'
import type { ProblemCode } from '@vigie/domain/kernel'
import { newId, type Database } from '../platform/index.ts'
import { cleanMachine, cleanText, systemOf } from './enrol.ts'

/** Whoever knows a product's GUID can make refusals: so many are kept of each, and the newest. */
const kept = 20

/** INV-2: an enrolment that the product refused, for whoever asks why the machine does not show. What the refused one says of itself proves nothing: it is shown, never acted on. */
export async function noteRefusal(
  database: Database,
  product: { partner_id: string; product_id: string },
  { reason, request, address, now }: { reason: ProblemCode; request: EnrolRequest; address: string; now: Date },
): Promise<void> {
  const machine = cleanMachine(request.machine)
  await database.transaction(systemOf(product.partner_id), async (db) => {
    await db.query(
      `insert into enrolment_refusal (partner_id, id, customer_id, product_id, at, reason, hostname, platform, addresses, from_address, agent_version)
       select partner_id, $2, customer_id, id, $3, $4, $5, $6, $7, $8, $9 from product where id = $1`,
      [
        product.product_id,
        newId(now),
        now,
        reason,
        machine.hostname,
        machine.platform,
        machine.addresses,
        address,
        cleanText(request.agentVersion),
      ],
    )
    await db.query(
      `delete from enrolment_refusal where product_id = $1 and id in (select id from enrolment_refusal where product_id = $1 order by at desc, id desc offset ${kept})`,
      [product.product_id],
    )
  })
}
