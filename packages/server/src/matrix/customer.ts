import { randomBytes } from 'node:crypto'
import { newId } from '../platform/index.ts'
import { aCustomer, aProduct, type TestDatabase } from '../platform/testing/database.ts'
import { insert } from './insert.ts'

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
/** A customer with a row in every table that has rows of customers, none of which stands for anything but itself. */
export async function aCustomerWithAll(database: TestDatabase, partnerId: string, mark: string): Promise<Ids> {
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
    tally_appliance: { ...ofProduct, category: 'antivirus', totals: `{${Array.from({ length: 12 }, () => 0)}}` },
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
