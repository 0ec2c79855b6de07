import { createHash } from 'node:crypto'
import { customersApi } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { doer, record } from '../audit/index.ts'
import { handle, handleInSteps, handleStream, tenantOf, type Handler, type TenantDb } from '../platform/index.ts'
import { readLogo } from './logo-reader.ts'
import * as customers from './store.ts'

async function put(db: TenantDb, customerId: string, png: Buffer): Promise<number> {
  await db.query(
    'insert into customer_logo (partner_id, customer_id, png) values ($1, $2, $3) on conflict (partner_id, customer_id) do update set png = excluded.png',
    [db.tenant.partnerId, customerId, png],
  )
  const {
    rows: [row],
  } = await db.query<{ logo_version: number }>(
    'update customer set logo_count = logo_count + 1, logo_version = logo_count + 1 where id = $1 returning logo_version',
    [customerId],
  )
  return row!.logo_version
}

export const logoRoutes: Handler[] = [
  // decoding takes no connection: first whether the customer is there, then the picture, then the change
  handleInSteps(customersApi.setLogo, async ({ change, services, now, actor, origin }, { params: { customerId }, body }) => {
    await services.database.transaction(tenantOf(actor), (db) => customers.get(db, customerId))
    const file = Buffer.from(body.content, 'base64')
    const logo = await readLogo(file)
    const version = await change(async (db) => {
      const customer = await customers.lock(db, customerId)
      const made = await put(db, customerId, logo.png)
      db.announce({ kind: 'customer', id: customerId, customerId })
      await record(db, services.vault, now, doer({ actor, origin }), {
        activity: 'customer.logo-set',
        object: { kind: 'customer', id: customerId, name: customer.company },
        customerId,
        after: {
          width: logo.width,
          height: logo.height,
          sizeBytes: logo.png.length,
          sentSha256: createHash('sha256').update(file).digest('hex'),
        },
      })
      return made
    })
    return { version, width: logo.width, height: logo.height }
  }),

  handleStream(customersApi.getLogo, async ({ services, actor }, { params: { customerId } }, reply) => {
    const png = await services.database.transaction(tenantOf(actor), async (db) => {
      await customers.get(db, customerId)
      const {
        rows: [row],
      } = await db.query<{ png: Buffer }>('select png from customer_logo where customer_id = $1', [customerId])
      return row?.png
    })
    if (png === undefined) throw new Problem('logo.none')
    await reply
      .type('image/png')
      .header('content-disposition', 'inline; filename="logo.png"')
      .header('content-security-policy', "default-src 'self'; sandbox; frame-ancestors 'none'")
      .send(png)
  }),

  handle(customersApi.removeLogo, async ({ db, now, services, ...who }, { params: { customerId } }) => {
    const customer = await customers.lock(db, customerId)
    if (customer.logoVersion === null) throw new Problem('logo.none')
    await db.query('delete from customer_logo where customer_id = $1', [customerId])
    await db.query('update customer set logo_version = null where id = $1', [customerId])
    db.announce({ kind: 'customer', id: customerId, customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'customer.logo-removed',
      object: { kind: 'customer', id: customerId, name: customer.company },
      customerId,
    })
    return null
  }),
]
