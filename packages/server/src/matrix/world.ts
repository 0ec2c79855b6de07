import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '@vigie/domain/access'
import { newId, newToken } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct, type TestDatabase } from '../platform/testing/database.ts'

/** One id of each kind that a request may name. */
export interface Ids {
  customerId: string
  /** Without products: may be deleted. */
  emptyCustomerId: string
  contactId: string
  productId: string
  agentId: string
  endpointId: string
  eventId: string
  commentId: string
  commandId: string
  /** To the customer's agent alone, given by somebody who is not there any more. */
  orderId: string
  endpointKeyId: string
  /** Of the customer's own URL lists. */
  urlEntryId: string
  windowId: string
  /** About `customerId`. */
  deliveryId: string
  /** Merged into `endpointId`; a second endpoint beside it; a pair of the two; a move of the product. */
  mergeId: string
  twinId: string
  duplicateId: string
  moveId: string
  switchId: string
  consentId: string
}
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

/**
 * A row with what it is about; columns that must have a value and were not named get an empty one of their type, so that a new column of a slice does not break the matrix.
 */
async function insert(database: TestDatabase, table: string, values: Record<string, unknown>): Promise<void> {
  const row = { ...(await emptyRow(database, table)), ...values }
  const names = Object.keys(row)
  const text = `insert into ${table} (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`
  // by name: read by the database once, however many worlds are made
  await database.owner.query({ name: createHash('md5').update(text).digest('hex'), text, values: Object.values(row) })
}

const emptyRows = new WeakMap<TestDatabase, Map<string, Record<string, unknown>>>()
async function emptyRow(database: TestDatabase, table: string): Promise<Record<string, unknown>> {
  const known = emptyRows.get(database) ?? new Map<string, Record<string, unknown>>()
  emptyRows.set(database, known)
  if (!known.has(table)) {
    const { rows } = await database.owner.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attnotnull and not atthasdef and attgenerated = ''`,
      [table],
    )
    known.set(table, Object.fromEntries(rows.map(({ name, type }) => [name, empties[type] ?? null])))
  }
  return known.get(table)!
}
const empties: Record<string, unknown> = {
  text: '',
  integer: 0,
  bigint: 0,
  smallint: 0,
  'double precision': 0,
  boolean: false,
  jsonb: '{}',
  bytea: Buffer.alloc(0),
  'text[]': [],
  'timestamp with time zone': new Date(),
  date: '2026-11-20',
}

async function aCustomerWithAll(database: TestDatabase, partnerId: string, mark: string): Promise<Ids> {
  const now = new Date()
  const customerId = await aCustomer(database, partnerId, { company: `Company ${mark}`, tags: [`tag-${mark}`] })
  const emptyCustomerId = await aCustomer(database, partnerId, { company: `Empty ${mark}` })
  const productId = await aProduct(database, partnerId, customerId, { description: mark })
  const [contactId, agentId, endpointId, eventId, commandId, deliveryId] = Array.from({ length: 6 }, () => newId(now)) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const put = (table: string, values: Record<string, unknown>) =>
    insert(database, table, { partner_id: partnerId, customer_id: customerId, ...values })
  const ofProduct = { product_id: productId }
  await put('contact', { id: contactId, first_name: mark, last_name: 'Contact', email: 'contact@example.com', locale: 'en' })
  await put('endpoint_group', { ...ofProduct, name: 'own-1', label: mark, position: 1000 })
  const commands = JSON.stringify(
    ['scan-now', 'stop-scan', 'update-components', 'synchronise'].map((type) => ({ type, isSupported: true, reason: null })),
  )
  await put('agent', {
    ...ofProduct,
    id: agentId,
    public_key: randomBytes(32),
    state: 'online',
    hostname: `host-${mark}`,
    platform: 'linux',
    agent_version: '0.1.0',
    protocol: 1,
    command_number: 1,
    commands,
  })
  await put('endpoint', { ...ofProduct, id: endpointId, agent_id: agentId, key: 'k', name: `host-${mark}`, group: 'servers' })
  await put('event', {
    ...ofProduct,
    id: eventId,
    category: 'antivirus',
    condition: 'many-incidents',
    severity: 'warning',
    state: 'unresolved',
    figures: '{"incidents": 20, "minutes": 60, "threshold": 15}',
  })
  const commentId = newId(now)
  await put('event_comment', { ...ofProduct, id: commentId, event_id: eventId, by_name: mark, text: mark })
  await put('event_silence', {
    ...ofProduct,
    id: newId(now),
    event_id: eventId,
    category: 'antivirus',
    condition: 'many-incidents',
    kind: 'snoozed',
    reason: mark,
    owner_name: mark,
    by_name: mark,
  })
  await put('command', {
    ...ofProduct,
    id: commandId,
    agent_id: agentId,
    number: 1,
    type: 'scan-now',
    step: 'waiting',
    sent_by: mark,
    expires_at: new Date(now.getTime() + 3_600_000),
  })
  const orderId = newId(now)
  await insert(database, 'command_order', {
    partner_id: partnerId,
    id: orderId,
    type: 'scan-now',
    target: JSON.stringify({ kind: 'agents', agentIds: [agentId] }),
    state: 'waiting',
    ring_percents: [100],
    created_by_id: newId(now),
    created_by: mark,
    agent_count: 1,
  })
  await insert(database, 'order_count', { partner_id: partnerId, order_id: orderId, ring: 1, step: 'planned', count: 1 })
  await insert(database, 'order_move', { partner_id: partnerId, order_id: orderId, ring: 1, step: 'planned', count: 0 })
  await put('danger_spent', { id: newId(now), agent_id: agentId, deed: 'disable', at: new Date(0) })
  await put('order_agent', {
    ...ofProduct,
    order_id: orderId,
    agent_id: agentId,
    name: `host-${mark}`,
    company: `Company ${mark}`,
    step: 'planned',
  })
  await put('order_place', {
    ...ofProduct,
    order_id: orderId,
    id: newId(now),
    name: mark,
    company: `Company ${mark}`,
    step: 'planned',
    lines: '[]',
  })
  await put('detection', {
    ...ofProduct,
    content_id: randomBytes(16),
    endpoint_id: endpointId,
    category: 'antivirus',
    threat: `Threat-${mark}`,
    object: '/tmp/x',
    outcome: 'failed',
    engine: 'clamav',
  })
  const [consentId, documentId] = [newId(now), newId(now)]
  await put('consent_document', { id: documentId, name: mark, type: 'application/pdf', content: Buffer.from(`%PDF-${mark}`) })
  await put('consent', {
    id: consentId,
    activity: 'view-detections',
    decision: 'withdrawn',
    said_by: mark,
    said_on: '2026-11-20',
    document_id: documentId,
    recorded_by: mark,
  })
  await put('customer_logo', { png: Buffer.from(mark) })
  await database.owner.query('update customer set logo_version = 1, logo_count = 1 where id = $1', [customerId])
  await put('registration_credential', { user_name: `u-${mark}` })
  const endpointKeyId = newId(now)
  await put('site_key', {
    ...ofProduct,
    id: endpointKeyId,
    key_hash: randomBytes(32),
    max_uses: 3,
    created_by: mark,
    expires_at: new Date(now.getTime() + 3_600_000),
  })
  const [twinId, duplicateId, mergeId, moveId, mergedId] = Array.from({ length: 5 }, () => newId(now)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  await put('endpoint', { ...ofProduct, id: twinId, key: 'twin', name: `twin-${mark}`, group: 'servers' })
  await put('duplicate', { id: duplicateId, endpoint_id: endpointId, other_id: twinId, evidence: ['same-fingerprint'], state: 'suspected' })
  const snapshot = {
    partner_id: partnerId,
    id: mergedId,
    customer_id: customerId,
    product_id: productId,
    key: 'merged',
    name: mark,
    group: 'servers',
    addresses: [],
    platform: '',
    real_time_scan: 'on',
    scan_running: false,
    open_infections: 0,
    created_at: now,
  }
  await put('endpoint_merge', {
    ...ofProduct,
    id: mergeId,
    endpoint_id: endpointId,
    endpoint_name: mark,
    merged_id: mergedId,
    merged_name: mark,
    key: 'merged',
    snapshot: JSON.stringify(snapshot),
    merged_by: mark,
  })
  await put('endpoint_alias', { ...ofProduct, key: 'merged', merged_id: mergedId, merge_id: mergeId, endpoint_id: endpointId })
  await put('product_move', {
    ...ofProduct,
    id: moveId,
    customer_name: mark,
    from_customer_id: emptyCustomerId,
    from_customer_name: mark,
    reversible_until: new Date(now.getTime() + 86_400_000),
    moved_by: mark,
  })
  const switchId = newId(now)
  await put('connection_switch', {
    ...ofProduct,
    id: switchId,
    state: 'waiting',
    server: `https://${mark.toLowerCase()}.example:8443`,
    guid: newId(now),
    reason: mark,
    created_by_id: newId(now),
    created_by: mark,
    created_at: now,
    expires_at: new Date(now.getTime() + 86_400_000),
  })
  await put('connection_switch_agent', { ...ofProduct, switch_id: switchId, agent_id: agentId, name: `host-${mark}`, role: 'own', at: now })
  // tables that no request names by id stand behind the same wall
  for (const [table, row] of Object.entries<Record<string, unknown>>({
    history_due: { ...ofProduct, move_id: moveId },
    event_step: { event_id: eventId, what: 'opened' },
    consent_state: { activity: 'notify', decision: 'withdrawn', consent_id: consentId, since: now },
    command_step: { command_id: commandId, step: 'waiting' },
    infection: { ...ofProduct, id: newId(), endpoint_id: endpointId, category: 'antivirus', threat: mark },
    tally_minute: { ...ofProduct, category: 'antivirus' },
    tally_hour: { category: 'antivirus' },
    count_from: { ...ofProduct, category: 'antivirus', since: new Date(0) },
    assessment_due: ofProduct,
    fact_hour: { ...ofProduct, category: 'antivirus', fact: 'incidents' },
    fact_span: { ...ofProduct, category: 'agent-offline', fact: 'silentMinutes' },
    tally_day: { category: 'antivirus', totals: '{}' },
    tally_day_customer: { totals: '{}' },
    licence_day: { type_id: 'wfbs-svc', kind: 'trial' },
    product_licence: { ...ofProduct, type_id: 'clamav-endpoint', kind: 'full', seats: 5 },
    tally_appliance: { ...ofProduct, category: 'antivirus', counts: `{${Array.from({ length: 12 }, () => 0)}}` },
    tally_appliance_day: { ...ofProduct, category: 'antivirus', totals: '{}' },
    tally_late: { id: randomBytes(6).readUIntBE(0, 6), category: 'antivirus' },
    departed: { id: newId() },
    outbreak_rule: { from_level: 'red', days: 3 },
    outbreak_defence: { alert_id: newId(), order_id: orderId, from_level: 'red' },
    enrolment_refusal: { ...ofProduct, id: newId(), reason: 'agent.key-wrong', hostname: mark },
    endpoint_address: { ...ofProduct, endpoint_id: endpointId, address: mark },
    threat_seen: { ...ofProduct, threat: `Seen-${mark}` },
    site_server: { ...ofProduct, agent_id: agentId, urls: [], ca_fingerprint: mark },
    index_value: { id: newId(), category: 'component-update', name: 'warnAfterDays', value: 7 },
    dead_letter: { ...ofProduct, id: newId(), agent_id: agentId, epoch: newId() },
    purge: { product_id: newId() },
  }))
    await put(table, row)
  const windowId = newId(now)
  const [startsAt, endsAt] = [new Date(now.getTime() - 60_000), new Date(now.getTime() + 3_600_000)]
  await put('maintenance_window', {
    ...ofProduct,
    id: windowId,
    name: mark,
    target: 'product',
    groups: ['licence'],
    schedule: JSON.stringify({ kind: 'once', from: startsAt.toISOString().slice(0, 10), time: startsAt.toISOString().slice(11, 16) }),
    duration_minutes: 61,
    time_zone: 'UTC',
    starts_at: startsAt,
    ends_at: endsAt,
    created_by: mark,
  })
  const urlEntryId = newId()
  await put('url_entry', { id: urlEntryId, kind: 'blocked', entry: `${mark.toLowerCase()}.example.com`, added_by: mark })
  // one that drifted: it reports another value than it was told
  const [wanted, reported] = [{ 'update-schedule.every-hours': 4 }, { 'update-schedule.every-hours': 5 }].map((one) => JSON.stringify(one))
  await put('setting_layer', {
    ...ofProduct,
    id: newId(),
    values: wanted,
    set_by: JSON.stringify({ 'update-schedule.every-hours': { by: mark, at: now.toISOString() } }),
  })
  await database.owner.query(
    `update setting_state set time_zone = 'Europe/Paris', wanted_revision = 1, wanted = $2, command_revision = 1, reported_revision = 1, reported = $3 where endpoint_id = $1`,
    [endpointId, wanted, reported],
  )
  const values = {
    customer: `Company ${mark}`,
    product: mark,
    category: 'antivirus',
    condition: 'uncleaned',
    figures: { infections: 1 },
    endpoints: [`host-${mark}`],
    endpointCount: 1,
    since: now.toISOString(),
  }
  await put('outbox', {
    id: deliveryId,
    kind: 'action-required',
    key: `k-${deliveryId}`,
    recipient: 'who@example.com',
    locale: 'en',
    time_zone: 'UTC',
    event_id: eventId,
    content: JSON.stringify({ name: 'Who', values }),
    state: 'failed',
  })
  return {
    customerId,
    emptyCustomerId,
    contactId,
    productId,
    agentId,
    endpointId,
    eventId,
    commentId,
    commandId,
    orderId,
    deliveryId,
    mergeId,
    twinId,
    duplicateId,
    moveId,
    switchId,
    consentId,
    endpointKeyId,
    urlEntryId,
    windowId,
  }
}

export async function aSession(
  database: TestDatabase,
  partnerId: string,
  accountId: string,
  state: 'full' | 'mfa-needed' | 'mfa-enrolment-needed',
): Promise<{ sessionId: string; token: string }> {
  const [sessionId, token, now] = [newId(), newToken(), new Date()]
  await database.owner.query(
    `insert into session (partner_id, id, account_id, token_hash, state, address, user_agent, created_at, last_used_at, expires_at) values ($1, $2, $3, $4, $5, '127.0.0.1', 'matrix', $6, $6, $7)`,
    [partnerId, sessionId, accountId, createHash('sha256').update(token).digest(), state, now, new Date(now.getTime() + 3_600_000)],
  )
  return { sessionId, token }
}

export interface Principal {
  token: string
  accountId: string
  sessionId: string
}

/** Somebody of the world's business with a session of his own. `isLimited`: sees the customer `shown` (and the empty one beside it) only. */
export async function aPrincipal(
  database: TestDatabase,
  world: World,
  passwordHash: string,
  who: { role: Role; isLimited?: boolean; isPrimary?: boolean; state?: 'full' | 'mfa-needed' | 'mfa-enrolment-needed' },
): Promise<Principal> {
  const { accountId } = await anActor(database, world.partnerId, {
    role: who.role,
    isScopeLimited: who.isLimited ?? false,
    isPrimary: who.isPrimary ?? false,
  })
  await database.owner.query('update account set password_hash = $2 where id = $1', [accountId, passwordHash])
  if (who.state === 'mfa-needed') await database.owner.query(`update account set totp_secret = '\\x00' where id = $1`, [accountId])
  if (who.isLimited) await allow(database, world.partnerId, accountId, [world.shown.customerId, world.shown.emptyCustomerId])
  return { accountId, ...(await aSession(database, world.partnerId, accountId, who.state ?? 'full')) }
}

async function allow(database: TestDatabase, partnerId: string, accountId: string, customerIds: string[]): Promise<void> {
  for (const [position, customerId] of customerIds.entries()) {
    await database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, $4, 'allow', 'customer', $5)`,
      [partnerId, newId(), accountId, position, customerId],
    )
  }
}
