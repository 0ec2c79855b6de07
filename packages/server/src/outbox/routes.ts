import { mayGrant } from '@vigie/domain/access'
import { outboxApi, type Delivery } from '@vigie/domain/outbox'
import { Problem } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { handle, type Context, type Handler } from '../platform/index.ts'
import { secretPlace } from './notify.ts'
import { render, subjectOf } from './render.ts'
import * as store from './store.ts'
import type { Kept } from './store.ts'

function toDelivery(mail: Kept, reading: { business: string; isSimulated: boolean }): Delivery {
  return {
    id: mail.id,
    kind: mail.kind,
    to: mail.recipient,
    subject: subjectOf(mail, reading),
    locale: mail.locale,
    state: mail.state === 'sending' ? 'waiting' : mail.state,
    attempts: mail.attempts,
    fault: mail.fault,
    eventId: mail.eventId,
    createdAt: mail.createdAt.toISOString(),
    sentAt: mail.sentAt?.toISOString() ?? null,
    nextTryAt: mail.state === 'waiting' ? (mail.nextTryAt?.toISOString() ?? null) : null,
  }
}

/**
 * Links that open an account are for their addressee only. Where no mail server is set up nobody could ever activate an account: then, and only of mails that were kept for that
 * reason, they are shown to those who may send mails again (owners, administrators), and that they looked is recorded. Never to one who may less than the addressee, or
 * sees not all customers: a reset asked for in the owner's name would make an administrator the owner (R5).
 */
async function maySeeLink(mail: Kept, { db, actor, services }: Pick<Context, 'db' | 'actor' | 'services'>): Promise<boolean> {
  if (mail.state !== 'kept' || services.mail.isConfigured || actor.isScopeLimited || !actor.permissions.has('delivery.retry')) return false
  const role = await store.roleAt(db, mail.recipient)
  return role === null || mayGrant(actor.role, role)
}

export const outboxRoutes: Handler[] = [
  handle(outboxApi.listDeliveries, async ({ db, services: { isSimulated } }, { query }) => {
    const business = await store.businessName(db)
    const { rows, nextCursor } = await store.list(db, query)
    return { rows: rows.map((mail) => toDelivery(mail, { business, isSimulated })), nextCursor }
  }),

  handle(outboxApi.getDelivery, async (context, { params }) => {
    const { db, services, actor, origin, now } = context
    const mail = await store.get(db, params.deliveryId)
    const business = await store.businessName(db)
    let token: string | null = null
    if (mail.secret !== null && (await maySeeLink(mail, context))) {
      token = await services.vault.open(db, 'secrets', secretPlace(mail.id), mail.secret)
      await record(
        db,
        services.vault,
        now,
        { kind: 'account', actor, origin },
        { activity: 'delivery.link-shown', object: { kind: 'delivery', id: mail.id, name: mail.recipient } },
      )
    }
    const { publicUrl, isSimulated } = services
    const { text, html } = render(mail, { business, publicUrl, isSimulated, token })
    return { ...toDelivery(mail, { business, isSimulated }), text, html }
  }),

  handle(outboxApi.retryDelivery, async ({ db, services, actor, origin, now }, { params }) => {
    const mail = await store.get(db, params.deliveryId, { isLocked: true })
    if (mail.state === 'sent') throw new Problem('delivery.sent-already')
    // one that is just being handed over goes on as it is
    if (mail.state !== 'sending') await store.restart(db, mail.id, services.mail.isConfigured ? 'waiting' : 'kept', now)
    const after = toDelivery(await store.get(db, mail.id), { business: await store.businessName(db), isSimulated: services.isSimulated })
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      {
        activity: 'delivery.retried',
        object: { kind: 'delivery', id: mail.id, name: mail.recipient },
        customerId: mail.customerId,
        before: { state: mail.state, fault: mail.fault },
        after: { state: after.state },
      },
    )
    db.announce({ kind: 'delivery', id: mail.id, customerId: mail.customerId })
    db.afterCommit(() => services.mail.wake())
    return after
  }),
]
