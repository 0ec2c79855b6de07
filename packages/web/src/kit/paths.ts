/** Every address of the console is built here, and nowhere else. Values left out or empty do not appear. */
type Search = Record<string, string | number | boolean | undefined>

function at(path: string, search: Search = {}, hash = ''): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) if (value !== undefined && value !== '') query.set(key, String(value))
  return `${path}${query.size > 0 ? `?${query}` : ''}${hash}`
}
const seg = encodeURIComponent

export const paths = {
  /** `tab`: of the dashboard. `wall`: full screen, the next tab after so many seconds. */
  home: (search: { tab?: string; wall?: number } = {}) => at('/home', search),
  /** All that is found; `kind` one kind, page by page. */
  search: (search: { q?: string; kind?: string } = {}) => at('/search', search),
  /** Of a number: the list with exactly what it counts (`RowsLink`). */
  rows: ({ screen, query }: { screen: string; query: Record<string, string> }) => at(`/${screen}`, query),

  /** `event`: the one opened in the side panel over the list. */
  events: (
    search: {
      severity?: string
      state?: string
      category?: string
      group?: string
      customerId?: string
      productId?: string
      silence?: string
      q?: string
      event?: string
    } = {},
  ) => at('/events', search),
  event: ({ eventId, ...search }: { eventId: string; tab?: string }) => at(`/events/${seg(eventId)}`, search),

  customers: (
    search: {
      attention?: string
      threat?: string
      system?: string
      licence?: string
      tag?: string
      typeId?: string
      managedBy?: string
      connection?: string
      q?: string
    } = {},
  ) => at('/customers', search),
  newCustomer: (search: { step?: number } = {}) => at('/customers/new', search),
  customer: ({ customerId, tab }: { customerId: string; tab?: string | undefined }) => at(`/customers/${seg(customerId)}`, { tab }),
  /** What to do next with a new customer. */
  customerNext: ({ customerId }: { customerId: string }) => at(`/customers/${seg(customerId)}/next`),
  newProduct: ({ customerId }: { customerId: string }) => at(`/customers/${seg(customerId)}/products/new`),

  products: (search: { state?: string; typeId?: string; isStale?: boolean; customerId?: string; q?: string } = {}) =>
    at('/products', search),
  product: ({ productId, tab, group }: { productId: string; tab?: string | undefined; group?: string | undefined }) =>
    at(`/products/${seg(productId)}`, { tab, group }),
  connectProduct: ({ productId }: { productId: string }) => at(`/products/${seg(productId)}/connect`),

  licences: (search: { state?: string; kind?: string; typeId?: string; customerId?: string } = {}) => at('/licences', search),
  inventory: (
    search: {
      customerId?: string
      productId?: string
      state?: string
      realTimeScan?: string
      isInfected?: boolean
      isUnprotected?: boolean
      isOutdated?: boolean
      silentDays?: number
      agentVersion?: string
      q?: string
      endpoint?: string
    } = {},
  ) => at('/inventory', search),
  /** INV-2: "my endpoint does not show"; `q` what is sought. */
  missingEndpoint: (search: { q?: string; customerId?: string } = {}) => at('/inventory/missing', search),
  endpoint: ({ endpointId }: { endpointId: string }) => at('/inventory', { endpoint: endpointId }),
  /** INV-3. `view`: what is shown of them: a state, or `merges`. */
  duplicates: (search: { view?: string | undefined; customerId?: string; duplicate?: string } = {}) => at('/inventory/duplicates', search),
  moves: (search: { customerId?: string; productId?: string; move?: string } = {}) => at('/inventory/moves', search),
  /** AGT-11: fleets on their way to another installation. */
  switches: (search: { customerId?: string; productId?: string; switch?: string } = {}) => at('/inventory/switches', search),
  detections: (
    search: {
      customerId?: string
      productId?: string
      endpointId?: string
      category?: string
      outcome?: string
      threat?: string
      countedFrom?: string
      countedUntil?: string
    } = {},
  ) => at('/detections', search),
  commands: (search: { customerId?: string; productId?: string; eventId?: string; step?: string; command?: string } = {}) =>
    at('/commands', search),

  orders: (search: { state?: string; type?: string; isMine?: boolean } = {}) => at('/orders', search),
  /** `target`: whom it is for, as JSON; `kept`: the same, kept by the tab. */
  newOrder: (search: { target?: string; kept?: string; type?: string; version?: string; ports?: string } = {}) => at('/orders/new', search),
  order: ({ orderId }: { orderId: string }) => at(`/orders/${seg(orderId)}`),
  orderRules: () => at('/administration/orders'),

  virusAlerts: (search: { state?: string; level?: string } = {}) => at('/virus-alerts', search),
  newVirusAlert: () => at('/virus-alerts/new'),
  virusAlert: ({ alertId, ...search }: { alertId: string; kind?: string }) => at(`/virus-alerts/${seg(alertId)}`, search),
  editVirusAlert: ({ alertId }: { alertId: string }) => at(`/virus-alerts/${seg(alertId)}/edit`),
  /** What customers allow to begin by itself. */
  outbreakRules: (search: { from?: string; q?: string } = {}) => at('/virus-alerts/defence', search),
  virusAlertFeed: () => at('/virus-alerts/feed'),

  agentVersions: () => at('/administration/agent-versions'),

  maintenance: (search: { state?: string; customerId?: string; productId?: string; window?: string } = {}) =>
    at('/administration/maintenance', search),
  /** `new`: of what it is planned; `endpoint` names `endpointId`. */
  maintenanceWindow: ({
    windowId,
    ...search
  }: {
    windowId: string
    customerId?: string
    productId?: string
    group?: string
    endpointId?: string
    endpoint?: string
  }) => at(`/administration/maintenance/${seg(windowId)}`, search),

  administration: () => at('/administration'),
  accounts: (search: { state?: string; account?: string } = {}) => at('/administration/accounts', search),
  inviteAccount: () => at('/administration/accounts/invite'),
  business: () => at('/administration/business'),
  auditLog: (search: { category?: string; source?: string; actorId?: string; customerId?: string; record?: string } = {}) =>
    at('/administration/audit', search),
  outbox: (search: { state?: string; kind?: string; delivery?: string } = {}) => at('/administration/outbox', search),
  templates: (search: { family?: string; q?: string } = {}) => at('/administration/templates', search),
  template: ({ templateId }: { templateId: string }) => at(`/administration/templates/${seg(templateId)}`),
  urls: (search: { kind?: string; q?: string } = {}) => at('/administration/urls', search),
  indexes: (search: { tag?: string } = {}) => at('/administration/indexes', search),

  myAccount: () => at('/account'),
  secondFactorSetup: (search: { return?: string } = {}) => at('/account/second-factor', search),

  signIn: (search: { return?: string } = {}) => at('/sign-in', search),
  secondFactor: (search: { return?: string } = {}) => at('/sign-in/code', search),
  enrol: (search: { return?: string } = {}) => at('/sign-in/enrol', search),
  forgotPassword: () => at('/forgot-password'),
  /** Tokens stand after `#`: no server or proxy ever logs them. */
  resetPassword: ({ token }: { token: string }) => at('/reset-password', {}, `#${token}`),
  invitation: ({ token }: { token: string }) => at('/invitation', {}, `#${token}`),
  setup: ({ token }: { token: string }) => at('/setup', {}, `#${token}`),
} as const

/** Where to go after signing in: only inside this console, never another site. */
export function safeReturn(wanted: string | undefined): string {
  if (!wanted || !wanted.startsWith('/') || wanted.startsWith('//') || wanted.startsWith('/\\')) return paths.home()
  return wanted.startsWith('/sign-in') ? paths.home() : wanted
}
