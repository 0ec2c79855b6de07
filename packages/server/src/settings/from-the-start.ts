import { Problem } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { speaker } from '../platform/index.ts'
import { followTemplate, shownInAudit, type Who } from './change.ts'
import { nothingAt, save } from './layers.ts'
import { find } from './places.ts'
import { reasonAgainst } from './template-routes.ts'
import * as templates from './templates.ts'

/**
 * CUS-1, ADM-3: a customer that was made in this transaction follows a template before its first machine comes; `settleSettings` gives it to those that do. Nothing is sent, so no consent
 * is asked here: whoever sends asks. @throws template.not-found, template.does-not-fit when none of its products is of the template's families
 */
export async function followFromTheStart({ db, now, services, actor, origin }: Who, customerId: string, templateId: string): Promise<void> {
  if (!actor.permissions.has('setting.update')) throw new Problem('permission.missing', { permission: 'setting.update' })
  const { id, name, version, values, families } = await templates.get(db, templateId, speaker(actor.locale), 'share')
  const place = await find(db, { customerId, productId: null, group: null })
  if ((await reasonAgainst(db, place, { families })) !== null) throw new Problem('template.does-not-fit', { names: place.names })
  const next = followTemplate({ id, name, version, values, by: actor.name, at: now.toISOString() })(nothingAt(place))
  await save(db, next)
  await record(
    db,
    services.vault,
    now,
    { kind: 'account', actor, origin },
    {
      activity: 'template.applied',
      customerId,
      object: { kind: 'customer', id: customerId, name: place.names[0]! },
      before: [shownInAudit(place, nothingAt(place))],
      after: [shownInAudit(place, next)],
    },
  )
}
