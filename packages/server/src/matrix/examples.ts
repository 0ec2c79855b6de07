import { type Ids, type OwnIds, password } from './world.ts'

/** What one sends. Ids stand as they are: wherever one of them occurs (path, query, body, element of a list) is a place that the matrix fills with others' ids. */
export interface Request {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  /** Version of what is edited. */
  ifMatch?: number
}

export interface Example {
  /** A request that succeeds for the business's primary in a fresh world. */
  request(ids: Ids & OwnIds & { self: { accountId: string; sessionId: string } }): Request
  /** Expected status of that request, where it is not 200. Say why. */
  status?: number
}

const example = (request: Example['request'], more: Omit<Example, 'request'> = {}): Example => ({ request, ...more })
const nothing = example(() => ({}))

const person = { firstName: 'Ada', lastName: 'Byron', locale: 'en', timeZone: 'UTC' }
const profile = {
  company: 'Bakery',
  address: '',
  city: '',
  state: '',
  postalCode: '',
  country: 'FR',
  industry: '',
  sizeEndpoints: null,
  phone: '',
}
const contact = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com', phone: '', locale: 'en' }
/** A picture of one black pixel: the smallest GIF. */
const dot = 'R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=='
const oneEvening = { kind: 'once', from: '2090-01-01', time: '20:00' }
const aWindow = { name: 'Patch day', reason: '', groups: ['system'], schedule: oneEvening, durationMinutes: 60, timeZone: 'UTC' }
const noToken = 'x'.repeat(43)
const noAlert = '00000000-0000-7000-8000-00000000a1e7'
const anAlert = { level: 'red', name: 'Sample worm', endsAt: '2027-01-01T00:00:00.000Z' }
/** Public routes without their secret: refused, whoever asks. */
const withoutSecret = (body: Record<string, unknown>, status: number) => example(() => ({ body }), { status })

/**
 * One line a route: its place in the isolation matrix (R1, R2, R6). A route that is not here fails `matrix.test.ts`. Adding one: an `example` with the smallest valid
 * request; a new kind of id goes into `world.ts` (one row of it for each customer, or for the business).
 */
export const examples: Readonly<Record<string, Example>> = {
  // access
  'setup.get': nothing,
  'setup.complete': withoutSecret({ token: noToken, businessName: 'B', email: 'ada@example.com', password, ...person }, 403),
  'session.sign-in': withoutSecret({ email: 'nobody@example.com', password }, 401),
  'session.verify-mfa': example(() => ({ body: { code: '123456' } }), { status: 422 }), // a full session owes no code
  'session.get': nothing,
  'session.sign-out': nothing,
  'me.sessions': nothing,
  'me.end-session': example(({ self }) => ({ params: { sessionId: self.sessionId } })),
  'me.update': example(() => ({ body: { ...person, isToldOfEvents: true } })),
  'me.change-password': example(() => ({ body: { currentPassword: password, newPassword: 'another long phrase 72' } })),
  'me.start-totp': nothing,
  'me.confirm-totp': example(() => ({ body: { code: '123456' } }), { status: 409 }), // not started
  'me.remove-totp': example(() => ({ body: { password } })),
  'me.renew-recovery-codes': example(() => ({ body: { password } }), { status: 409 }), // there is no second factor
  'password-reset.request': example(() => ({ body: { email: 'nobody@example.com' } })),
  'password-reset.complete': withoutSecret({ token: noToken, password }, 410),
  'invitation.look': withoutSecret({ token: noToken }, 410),
  'invitation.accept': withoutSecret({ token: noToken, password, ...person }, 410),
  'accounts.list': nothing,
  'accounts.invite': example(({ customerId }) => ({
    body: {
      email: 'new@example.com',
      firstName: 'New',
      lastName: 'One',
      role: 'technician',
      locale: 'en',
      timeZone: 'UTC',
      scope: [{ effect: 'allow', target: { kind: 'customer', customerId }, endsAt: null }],
    },
  })),
  'accounts.get': example(({ accountId }) => ({ params: { accountId } })),
  'accounts.update': example(({ accountId, customerId }) => ({
    params: { accountId },
    ifMatch: 1,
    body: { role: 'read-only', isDisabled: false, scope: [{ effect: 'allow', target: { kind: 'customer', customerId }, endsAt: null }] },
  })),
  'accounts.remove': example(({ accountId }) => ({ params: { accountId } })),
  'accounts.resend-invitation': example(({ invitedAccountId }) => ({ params: { accountId: invitedAccountId } })),
  'business.get': nothing,
  'business.update': example(() => ({ ifMatch: 1, body: { name: 'Renamed', isMfaRequired: false, locale: 'fr', timeZone: 'UTC' } })),
  'business.transfer-primary': example(({ accountId }) => ({ body: { accountId, password } })),
  // audit
  'audit.list': example(({ customerId, accountId }) => ({ query: { customerId, actorId: accountId } })),
  'audit.verify': nothing,
  'audit.export': example(({ customerId, accountId }) => ({ query: { customerId, actorId: accountId } })),
  // customers
  'customers.list': nothing,
  'customers.export': nothing,
  'customers.match': nothing,
  'customers.managers': nothing,
  'customers.tags': nothing,
  'customers.tag': example(({ customerId }) => ({ body: { ids: [customerId], add: ['silver'], remove: ['bronze'] } })),
  'customers.assign': example(({ customerId }) => ({ body: { ids: [customerId], accountId: null } })),
  'customers.assign-one': example(({ customerId, accountId }) => ({ params: { customerId }, ifMatch: 1, body: { accountId } })),
  'customers.create': example(() => ({
    body: {
      profile,
      account: { accountId: 'new-account', timeZone: 'UTC', locale: 'en' },
      contact,
      tags: ['gold'],
      products: [{ typeId: 'clamav-endpoint', description: 'Main' }],
    },
  })),
  'customers.get': example(({ customerId }) => ({ params: { customerId } })),
  'customers.update': example(({ customerId }) => ({
    params: { customerId },
    ifMatch: 1,
    body: { profile, account: { accountId: 'other-account', timeZone: 'UTC', locale: 'en' }, tags: ['silver'] },
  })),
  'customers.delete': example(
    ({ emptyCustomerId }) => ({ params: { customerId: emptyCustomerId }, body: { confirmName: 'not its name' } }),
    { status: 422 },
  ), // the name is asked for
  'customers.tree': example(({ customerId }) => ({ params: { customerId } })),
  'contacts.list': example(({ customerId }) => ({ params: { customerId } })),
  'contacts.create': example(({ customerId }) => ({ params: { customerId }, body: contact })),
  'contacts.update': example(({ customerId, contactId }) => ({ params: { customerId, contactId }, ifMatch: 1, body: contact })),
  'contacts.delete': example(({ customerId, contactId }) => ({ params: { customerId, contactId } })),
  // dashboard
  'dashboard.get': example(() => ({})),
  'dashboard.put': example(() => ({
    ifMatch: 0,
    body: {
      tabs: [
        {
          id: 'mine',
          name: 'Mine',
          columns: 2,
          widgets: [{ id: 'a', kind: 'notifications', span: 1, height: 3, options: { range: '7d' } }],
        },
      ],
    },
  })),
  'dashboard.reset': example(() => ({ ifMatch: 0 })),
  // views
  'views.list': example(() => ({ query: { list: 'customers' } })),
  'views.create': example(() => ({ body: { list: 'customers', name: 'Mine', query: 'tag=gold', columns: ['company'], isShared: true } })),
  'views.update': example(({ viewId }) => ({
    params: { viewId },
    ifMatch: 1,
    body: { name: 'Renamed', query: '', columns: null, isShared: true },
  })),
  'views.delete': example(({ viewId }) => ({ params: { viewId } })),
  'views.set-default': example(({ viewId }) => ({ body: { list: 'customers', viewId } })),
  'customers.viewers': example(({ customerId }) => ({ params: { customerId } })),
  'customers.set-logo': example(({ customerId }) => ({ params: { customerId }, body: { content: dot } })),
  'customers.logo': example(({ customerId }) => ({ params: { customerId } })),
  'customers.remove-logo': example(({ customerId }) => ({ params: { customerId } })),
  'customers.credentials': example(({ customerId }) => ({ params: { customerId } })),
  'customers.make-credentials': example(({ customerId }) => ({ params: { customerId }, body: { graceHours: 24 } })),
  'customers.remove-credentials': example(({ customerId }) => ({ params: { customerId } })),
  // consent
  'consent.get': example(({ customerId }) => ({ params: { customerId } })),
  'consent.list': example(({ customerId }) => ({ params: { customerId } })),
  'consent.record': example(({ customerId }) => ({
    params: { customerId },
    body: { activities: ['scan'], decision: 'withdrawn', saidBy: 'Camille', saidOn: '2026-11-20', reference: '', document: null },
  })),
  'consent.document': example(({ customerId, consentId }) => ({ params: { customerId, consentId } })),
  'consent.withheld': example(() => ({ query: { activity: 'view-detections' } })),
  'consent.rule': nothing,
  'consent.set-rule': example(() => ({ body: { isStrict: false } })),
  // search
  'search.all': example(({ customerId }) => ({ query: { q: customerId } })),
  'search.list': example(({ endpointId }) => ({ params: { kind: 'endpoint' }, query: { q: endpointId } })),
  'search.named': example(({ customerId, productId, endpointId, eventId, accountId }) => ({
    query: { of: `customer:${customerId},product:${productId},endpoint:${endpointId},event:${eventId},account:${accountId}` },
  })),
  // products
  'catalogue.get': nothing,
  'products.list': example(({ customerId }) => ({ query: { customerId } })),
  'products.export': example(({ customerId }) => ({ query: { customerId } })),
  'products.create': example(({ customerId }) => ({ params: { customerId }, body: { typeId: 'clamav-endpoint', description: 'Second' } })),
  'products.get': example(({ productId }) => ({ params: { productId } })),
  'products.update': example(({ productId }) => ({ params: { productId }, ifMatch: 1, body: { description: 'Renamed' } })),
  'products.delete': example(({ productId }) => ({ params: { productId }, body: { confirmName: 'not its name' } }), { status: 422 }),
  'products.issue-key': example(({ productId }) => ({ params: { productId } }), { status: 409 }), // an agent is registered already
  'products.agents': example(({ productId }) => ({ params: { productId } })),
  'sites.get': example(({ productId }) => ({ params: { productId } }), { status: 409 }), // the product's type has no site server
  'sites.issue-key': example(({ productId }) => ({ params: { productId }, body: { machines: 10 } }), { status: 409 }),
  'sites.revoke-key': example(({ productId, endpointKeyId }) => ({ params: { productId, endpointKeyId } })),
  'agents.switch': example(({ agentId }) => ({ params: { agentId }, body: { isDisabled: true } })),
  'agents.unregister': example(({ agentId }) => ({ params: { agentId }, body: { confirmName: 'not its name' } }), { status: 422 }),
  'endpoints.list': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'endpoints.export': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'endpoints.get': example(({ endpointId }) => ({ params: { endpointId } })),
  'inventory.summary': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'inventory.diagnose': example(() => ({ body: { sought: 'nobody-knows-it' } })), // it searches: an id of others finds nothing (inventory's diagnosis.test.ts)
  'licences.list': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'licences.export': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'groups.list': example(({ productId }) => ({ params: { productId } })),
  'groups.create': example(({ productId }) => ({ params: { productId }, body: { label: 'Tills' } })),
  'groups.rename': example(({ productId }) => ({ params: { productId, group: 'own-1' }, ifMatch: 1, body: { label: 'Tills' } })),
  'groups.delete': example(({ productId }) => ({ params: { productId, group: 'own-1' }, ifMatch: 1 })),
  'groups.set-new': example(({ productId }) => ({ params: { productId }, ifMatch: 1, body: { group: 'own-1' } })),
  'endpoints.move': example(({ productId, endpointId }) => ({
    params: { productId, group: 'own-1' },
    body: { endpointIds: [endpointId] },
  })),
  // identity
  'duplicates.list': example(({ customerId }) => ({ query: { customerId } })),
  'duplicates.export': example(({ customerId }) => ({ query: { customerId } })),
  'duplicates.decide': example(({ duplicateId }) => ({ params: { duplicateId }, body: { isKeptApart: true } })),
  'endpoints.merge': example(({ endpointId, twinId }) => ({ params: { endpointId: twinId }, body: { intoId: endpointId } })),
  'endpoints.remove': example(({ endpointId }) => ({ params: { endpointId }, body: { confirmName: 'not its name' } }), { status: 422 }),
  'merges.list': example(({ customerId, endpointId }) => ({ query: { customerId, endpointId } })),
  'merges.undo': example(({ mergeId }) => ({ params: { mergeId } })),
  'products.move': example(
    ({ productId, emptyCustomerId }) => ({
      params: { productId },
      body: { customerId: emptyCustomerId, confirmName: 'not its name', hasConsent: true, reason: '' },
    }),
    { status: 422 },
  ),
  'moves.list': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'moves.get': example(({ moveId }) => ({ params: { moveId } })),
  'products.connection-code': example(({ productId }) => ({ params: { productId }, body: { machines: 10 } }), { status: 409 }), // an agent speaks for it
  'switches.start': example(({ productId }) => ({ params: { productId }, body: { connectionCode: 'none', confirmName: '', reason: '' } }), {
    status: 422,
  }),
  'switches.judge': example(({ switchId }) => ({ params: { switchId }, body: { isApproved: false } })),
  'switches.give-up': example(({ switchId }) => ({ params: { switchId } })),
  'switches.list': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'switches.export': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'switches.get': example(({ switchId }) => ({ params: { switchId } })),
  'switches.agents': example(({ switchId }) => ({ params: { switchId } })),
  'moves.undo': example(({ moveId }) => ({ params: { moveId } })),
  // events
  'events.list': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'events.export': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'events.match': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'events.findings': example(({ eventId }) => ({ params: { eventId } })),
  'events.export-findings': example(({ eventId }) => ({ params: { eventId } })),
  'events.assignees': nothing,
  'events.assign': example(({ eventId, accountId }) => ({ body: { ids: [eventId], accountId } })),
  'events.silence': example(({ eventId, accountId }) => ({
    body: { ids: [eventId], kind: 'snoozed', reason: 'known', until: null, ownerId: accountId },
  })),
  'events.wake': example(({ eventId }) => ({ body: { ids: [eventId] } })),
  'events.comment': example(({ eventId }) => ({ params: { eventId }, body: { text: 'seen' } })),
  'events.edit-comment': example(({ eventId, commentId }) => ({ params: { eventId, commentId }, body: { text: 'seen' } }), { status: 409 }), // somebody else wrote it
  'events.remove-comment': example(({ eventId, commentId }) => ({ params: { eventId, commentId } }), { status: 409 }),
  'events.get': example(({ eventId }) => ({ params: { eventId } })),
  'events.reset': example(({ eventId }) => ({ params: { eventId } })),
  'events.resolve': example(({ eventId }) => ({ params: { eventId } })),
  'detections.list': example(({ customerId, productId, endpointId }) => ({ query: { customerId, productId, endpointId } })),
  'indexes.get': example(({ customerId }) => ({ query: { customerId } })),
  'indexes.preview': example(({ customerId }) => ({ query: { category: 'antivirus', name: 'incidents', value: '20', customerId } })),
  'indexes.set': example(({ customerId }) => ({ body: { category: 'antivirus', name: 'incidents', value: 20, customerId } })),
  // commands
  'commands.send': example(({ productId, agentId }) => ({ params: { productId }, body: { type: 'scan-now', agentIds: [agentId] } })),
  'commands.list': example(({ customerId, productId, eventId }) => ({ query: { customerId, productId, eventId } })),
  'commands.get': example(({ commandId }) => ({ params: { commandId } })),
  // agent versions
  'agent-versions.list': nothing,
  'agent-versions.export': nothing,
  'agent-versions.approve': example(() => ({ params: { version: '9.9.9' } }), { status: 404 }), // releases are the installation's: the world has none
  'agent-versions.withdraw': example(() => ({ params: { version: '9.9.9' } }), { status: 404 }),

  // virus alerts: the installation's. The world's business does not run it: it reads them, and may not declare any
  'alerts.list': nothing,
  'alerts.now': nothing,
  'alerts.get': example(() => ({ params: { alertId: noAlert } }), { status: 404 }),
  'alerts.declare': example(() => ({ body: anAlert }), { status: 403 }),
  'alerts.update': example(() => ({ params: { alertId: noAlert }, ifMatch: 1, body: anAlert }), { status: 403 }),
  'alerts.withdraw': example(() => ({ params: { alertId: noAlert } }), { status: 403 }),
  'alerts.endpoints': example(() => ({ params: { alertId: noAlert } }), { status: 404 }),
  'alerts.export-endpoints': example(() => ({ params: { alertId: noAlert } }), { status: 404 }),
  'alert-feed.get': example(() => ({}), { status: 403 }),
  'alert-feed.set': example(() => ({ body: { name: 'Feed', publicKey: 'A'.repeat(43), code: '123456' } }), { status: 403 }),
  'alert-feed.remove': example(() => ({}), { status: 403 }),
  'alert-feed.import': example(() => ({ body: { file: '{}' } }), { status: 403 }),
  'outbreak-rules.list': nothing,
  'outbreak-rules.export': nothing,
  'outbreak-rules.set': example(({ customerId }) => ({
    body: {
      customerIds: [customerId],
      rule: { from: 'red', days: 3, mayBlockPorts: true, mayDenyWrites: false, mayBlockAttachments: false },
    },
  })),

  // orders
  'orders.draft': example(({ customerId }) => ({
    body: { type: 'scan-now', target: { kind: 'matching', customerIds: [customerId] }, isInRings: false },
  })),
  'orders.confirm': example(({ orderId }) => ({ params: { orderId }, body: {} }), { status: 404 }), // a dry run is its giver's own
  'orders.list': nothing,
  'orders.get': example(({ orderId }) => ({ params: { orderId } })),
  'orders.agents': example(({ orderId, customerId }) => ({ params: { orderId }, query: { customerId } })),
  'orders.outcomes': example(({ orderId }) => ({ params: { orderId } })),
  'orders.places': example(({ orderId, customerId }) => ({ params: { orderId }, query: { customerId } })),
  'orders.export-places': example(({ orderId, customerId }) => ({ params: { orderId }, query: { customerId } })),
  'orders.undo': example(({ orderId }) => ({ params: { orderId } }), { status: 409 }), // one that waits for its second person has done nothing yet
  'orders.export': example(({ orderId, customerId }) => ({ params: { orderId }, query: { customerId } })),
  'orders.steer': example(({ orderId }) => ({ params: { orderId }, body: { to: 'halt' } })),
  'orders.judge': example(({ orderId }) => ({ params: { orderId }, body: { isApproved: false } })),
  'orders.policy': nothing,
  'orders.set-policy': example(() => ({
    ifMatch: 1,
    body: { ringPercents: [10, 100], ringMinutes: 30, failurePercent: 5, capCustomers: 5, capPercent: 2 },
  })),
  'orders.freeze': nothing,
  'orders.unfreeze': nothing,
  // settings, templates, URL lists
  'settings.get': example(({ productId }) => ({ params: { productId }, query: { group: 'servers' } })),
  'settings.change': example(({ productId }) => ({
    params: { productId },
    ifMatch: 1,
    body: { values: { 'update-schedule.every-hours': 6 } },
  })),
  'settings.of-customer': example(({ customerId }) => ({ params: { customerId } })),
  'settings.change-customer': example(({ customerId }) => ({
    params: { customerId },
    ifMatch: 0,
    body: { values: { 'update-schedule.every-hours': 6 } },
  })),
  'settings.put-back': example(({ productId, endpointId }) => ({ params: { productId }, body: { endpointIds: [endpointId] } })),
  'settings.take-over': example(({ productId, endpointId }) => ({
    params: { productId },
    body: { endpointId, keys: ['update-schedule.every-hours'] },
  })),
  'templates.list': nothing,
  'templates.get': example(({ templateId }) => ({ params: { templateId } })),
  'templates.create': example(() => ({ body: { name: 'New', families: ['endpoint-hosted'], values: { 'real-time-scan.enabled': true } } })),
  'templates.save': example(({ templateId }) => ({
    params: { templateId },
    ifMatch: 1,
    body: { name: 'Renamed', families: ['endpoint-hosted'], values: {} },
  })),
  'templates.delete': example(({ templateId }) => ({ params: { templateId } })),
  'templates.versions': example(({ templateId }) => ({ params: { templateId } })),
  'templates.preview': example(({ templateId, customerId, productId }) => ({
    params: { templateId },
    body: { targets: [{ customerId, productId, group: 'servers' }] },
  })),
  'templates.apply': example(({ templateId, customerId, productId }) => ({
    params: { templateId },
    body: { targets: [{ customerId, productId }], version: 1 },
  })),
  'indexes.tags': nothing,
  'maintenance.list': example(({ customerId, productId }) => ({ query: { customerId, productId } })),
  'maintenance.export': example(({ customerId }) => ({ query: { customerId } })),
  'maintenance.get': example(({ windowId }) => ({ params: { windowId } })),
  'maintenance.preview': example(() => ({ body: { schedule: oneEvening, durationMinutes: 60, timeZone: 'UTC' } })),
  'maintenance.create': example(({ endpointId }) => ({ body: { ...aWindow, target: { kind: 'endpoints', endpointIds: [endpointId] } } })),
  'maintenance.update': example(({ windowId, productId }) => ({
    params: { windowId },
    body: { ...aWindow, target: { kind: 'product', productId } },
    ifMatch: 1,
  })),
  'maintenance.end': example(({ windowId }) => ({ params: { windowId } })),
  'maintenance.delete': example(({ windowId }) => ({ params: { windowId } })),
  'urls.list': example(({ customerId }) => ({ query: { customerId } })),
  'urls.export': example(({ customerId }) => ({ query: { customerId } })),
  'urls.add': example(({ customerId }) => ({ body: { customerId, kind: 'blocked', lines: ['example.org'] } })),
  'urls.remove': example(({ urlEntryId }) => ({ body: { ids: [urlEntryId] } })),
  // figures, live, mails
  'figures.get': example(() => ({ params: { figureId: 'attention' } })),
  'figures.batch': example(() => ({ query: { ask: 'agents-by-state' } })),
  live: nothing,
  'deliveries.list': nothing,
  'deliveries.get': example(({ deliveryId }) => ({ params: { deliveryId } })),
  'deliveries.retry': example(({ deliveryId }) => ({ params: { deliveryId } })),
}

/** Whoever adds a route that needs no session says so here as well. */
export const publicRoutes = [
  'setup.get',
  'setup.complete',
  'session.sign-in',
  'password-reset.request',
  'password-reset.complete',
  'invitation.look',
  'invitation.accept',
]
