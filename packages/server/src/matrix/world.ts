import { randomBytes } from 'node:crypto'
import { newId } from '../platform/index.ts'
import { anActor, aPartner, type TestDatabase } from '../platform/testing/database.ts'
import { aCustomerWithAll, type Ids } from './customer.ts'
import { insert } from './insert.ts'
import { allow, aSession } from './principals.ts'

export type { Ids } from './customer.ts'

/** Of the business, not of one customer. */
export interface OwnIds {
  accountId: string
  invitedAccountId: string
  /** A shared view of `accountId`. */
  viewId: string
  sessionId: string
  /** Followed by nothing. */
  templateId: string
}

/** A business with one of everything at two customers: `shown` is in the scope of its limited accounts, `hidden` is not. */
export interface World {
  partnerId: string
  shown: Ids
  hidden: Ids
  own: OwnIds
  /** Stands in every name of the business, and in those of the hidden customer another: found in an answer, it leaked. */
  mark: string
  hiddenMark: string
}

/** The primary's password, and everybody's. */
export const password = 'a long enough phrase 71'

export async function aWorld(database: TestDatabase, passwordHash: string): Promise<World> {
  const mark = `M${randomBytes(6).toString('hex')}`
  const hiddenMark = `H${randomBytes(6).toString('hex')}`
  const partnerId = await aPartner(database, { name: `Business ${mark}` })
  await insert(database, 'command_policy', { partner_id: partnerId })
  await insert(database, 'agent_release_approval', { partner_id: partnerId, version: '1.0.0', approved_by_id: newId(), approved_by: mark })
  await insert(database, 'virus_alert_feed', { partner_id: partnerId, name: mark, public_key: mark })
  await insert(database, 'virus_alert_seen', { partner_id: partnerId, alert_id: newId() })
  await insert(database, 'tally_day_all', { partner_id: partnerId, category: 'antivirus', totals: '{}' })
  await insert(database, 'count_state', { partner_id: partnerId })
  await insert(database, 'licence_day_all', { partner_id: partnerId, type_id: 'wfbs-svc', kind: 'full' })
  await insert(database, 'licence_day_kept', { partner_id: partnerId })
  const shown = await aCustomerWithAll(database, partnerId, mark)
  const hidden = await aCustomerWithAll(database, partnerId, hiddenMark)
  // as narrow as the limited ones who act on it
  const account = await anActor(database, partnerId, {
    role: 'technician',
    email: `${mark}@example.com`.toLowerCase(),
    isScopeLimited: true,
  })
  await allow(database, partnerId, account.accountId, [shown.customerId])
  const invited = await anActor(database, partnerId, { role: 'technician' })
  await database.owner.query(`update account set password_hash = $2 where id = $1`, [account.accountId, passwordHash])
  await database.owner.query(`update account set state = 'invited' where id = $1`, [invited.accountId])
  const { sessionId } = await aSession(database, partnerId, account.accountId, 'full')
  const viewId = newId()
  await insert(database, 'saved_view', {
    partner_id: partnerId,
    id: viewId,
    account_id: account.accountId,
    list: 'customers',
    name: mark,
    query: 'threat=warning',
    is_shared: true,
  })
  await insert(database, 'default_view', { partner_id: partnerId, account_id: account.accountId, list: 'customers', view_id: viewId })
  await insert(database, 'dashboard', {
    partner_id: partnerId,
    account_id: account.accountId,
    version: 3,
    tabs: JSON.stringify([{ id: 'mine', name: mark, columns: 1, widgets: [] }]),
  })
  const templateId = newId()
  await insert(database, 'setting_template', { partner_id: partnerId, id: templateId, name: `Template ${mark}`, version: 1 })
  await insert(database, 'setting_template_version', {
    partner_id: partnerId,
    template_id: templateId,
    number: 1,
    name: `Template ${mark}`,
    families: ['endpoint-hosted'],
    made_by: mark,
  })
  return {
    partnerId,
    shown,
    hidden,
    own: { accountId: account.accountId, invitedAccountId: invited.accountId, sessionId, viewId, templateId },
    mark,
    hiddenMark,
  }
}
