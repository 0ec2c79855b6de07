import { consentApi } from '@vigie/domain/consent'
import { Problem } from '@vigie/domain/kernel'
import { doer, record } from '../audit/index.ts'
import { callOff } from '../commands/index.ts'
import { handle, handleStream, tenantOf, type Handler, type TenantDb } from '../platform/index.ts'
import { enterGate } from '../consent/index.ts'
import * as consent from './store.ts'

/** @throws customer.not-found */
async function customerNamed(db: TenantDb, customerId: string): Promise<string> {
  const {
    rows: [row],
  } = await db.query<{ company: string }>('select company from customer where id = $1', [customerId])
  if (!row) throw new Problem('customer.not-found', { customerId })
  return row.company
}

export const ledgerRoutes: Handler[] = [
  handle(consentApi.getConsent, async ({ db }, { params: { customerId } }) => {
    await customerNamed(db, customerId)
    return await consent.standings(db, customerId)
  }),

  handle(consentApi.listConsent, async ({ db }, { params: { customerId }, query }) => {
    await customerNamed(db, customerId)
    return await consent.list(db, customerId, query)
  }),

  handle(consentApi.recordConsent, async ({ db, now, services, actor, ...who }, { params: { customerId }, body }) => {
    const company = await customerNamed(db, customerId)
    await enterGate(db, [customerId], 'withdraws')
    const { lines, documentHash } = await consent.add(db, services.vault, customerId, body, { id: actor.accountId, name: actor.name }, now)
    const { cancelled, leftRunning } =
      body.decision === 'withdrawn' ? await callOff(db, customerId, body.activities, now) : { cancelled: 0, leftRunning: 0 }
    db.announce({ kind: 'customer', id: customerId, customerId })
    const { activities, saidBy, saidOn, reference, document } = body
    await record(db, services.vault, now, doer({ actor, ...who }), {
      activity: body.decision === 'given' ? 'consent.given' : 'consent.withdrawn',
      object: { kind: 'customer', id: customerId, name: company },
      customerId,
      after: {
        activities,
        saidBy,
        saidOn,
        reference,
        document: document === null ? null : { name: document.name, sha256: documentHash },
        cancelledCommands: cancelled,
        leftRunning,
      },
    })
    return { lines, cancelledCommands: cancelled, leftRunning }
  }),

  // R37's care: type by its bytes, name ours, never shown in the page
  handleStream(consentApi.getConsentDocument, async ({ services, actor }, { params }, reply) => {
    const { type, content } = await services.database.transaction(tenantOf(actor), async (db) => {
      await customerNamed(db, params.customerId)
      return await consent.documentOf(db, services.vault, params.customerId, params.consentId)
    })
    const name = `consent-${params.consentId}.${type === 'application/pdf' ? 'pdf' : 'png'}`
    await reply
      .type(type)
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('content-security-policy', "default-src 'self'; sandbox; frame-ancestors 'none'")
      .send(content)
  }),

  handle(consentApi.listWithheld, async ({ db }, { query }) => await consent.withheld(db, query.activity, query.customerId ?? null)),

  handle(consentApi.getConsentRule, async ({ db }) => ({ isStrict: await consent.isStrict(db) })),

  handle(consentApi.setConsentRule, async ({ db, now, services, actor, ...who }, { body }) => {
    const before = { isStrict: await consent.isStrict(db) }
    await consent.setStrict(db, body.isStrict)
    await record(db, services.vault, now, doer({ actor, ...who }), {
      activity: 'consent.rule-changed',
      object: { kind: 'business', id: actor.partnerId, name: '' },
      before,
      after: body,
    })
    return body
  }),
]
