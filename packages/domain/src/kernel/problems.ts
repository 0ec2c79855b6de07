/** What kind of problem this is. `retry`: may the same call succeed later though nobody changes anything? Jobs and agents obey it. `remedy`: text key of the way out. */
export interface ProblemKind {
  status: number
  retry: boolean
  remedy: `remedy.${string}`
}

/**
 * The closed list (style.md §6). Texts: `problem.<code>` and the remedy's key, in text/<locale>/problems.json, a test holds the two together.
 */
export const problems = {
  // any route
  'request.invalid': { status: 400, retry: false, remedy: 'remedy.correct-the-marked-fields' },
  'request.too-large': { status: 413, retry: false, remedy: 'remedy.send-less-at-once' },
  'request.not-json': { status: 415, retry: false, remedy: 'remedy.send-json' },
  'request.other-origin': { status: 403, retry: false, remedy: 'remedy.use-the-console-address' },
  'request.rate-limited': { status: 429, retry: true, remedy: 'remedy.wait-and-retry' },
  'request.changed-meanwhile': { status: 412, retry: false, remedy: 'remedy.reload-and-redo' },
  'request.precondition-missing': { status: 428, retry: false, remedy: 'remedy.reload-and-redo' },
  'request.key-reused': { status: 422, retry: false, remedy: 'remedy.new-idempotency-key' },
  'route.not-found': { status: 404, retry: false, remedy: 'remedy.check-the-address' },
  'session.missing': { status: 401, retry: false, remedy: 'remedy.sign-in' },
  'session.mfa-needed': { status: 401, retry: false, remedy: 'remedy.enter-second-factor' },
  'session.mfa-enrolment-needed': { status: 401, retry: false, remedy: 'remedy.set-up-second-factor' },
  'permission.missing': { status: 403, retry: false, remedy: 'remedy.ask-an-administrator' },
  'server.busy': { status: 503, retry: true, remedy: 'remedy.wait-and-retry' },
  'server.database-away': { status: 503, retry: true, remedy: 'remedy.wait-and-retry' },
  'server.fault': { status: 500, retry: true, remedy: 'remedy.retry-then-report' },
  // access
  'setup.done-already': { status: 404, retry: false, remedy: 'remedy.sign-in' },
  'setup.token-wrong': { status: 403, retry: false, remedy: 'remedy.copy-the-set-up-link' },
  'sign-in.refused': { status: 401, retry: false, remedy: 'remedy.check-email-and-password' },
  'mfa.code-wrong': { status: 422, retry: false, remedy: 'remedy.next-code-and-clock' },
  'mfa.not-started': { status: 409, retry: false, remedy: 'remedy.start-mfa-again' },
  'mfa.required-here': { status: 409, retry: false, remedy: 'remedy.business-requires-mfa' },
  'mfa.already-on': { status: 409, retry: false, remedy: 'remedy.remove-mfa-first' },
  'password.wrong': { status: 422, retry: false, remedy: 'remedy.type-current-password' },
  'password.too-short': { status: 422, retry: false, remedy: 'remedy.use-twelve-characters' },
  'password.breached': { status: 422, retry: false, remedy: 'remedy.choose-another-password' },
  'link.invalid': { status: 410, retry: false, remedy: 'remedy.ask-for-a-new-link' },
  'account.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'account.email-taken': { status: 409, retry: false, remedy: 'remedy.use-another-email' },
  'account.is-primary': { status: 409, retry: false, remedy: 'remedy.transfer-ownership-first' },
  'account.is-self': { status: 409, retry: false, remedy: 'remedy.ask-another-administrator' },
  'account.mightier': { status: 403, retry: false, remedy: 'remedy.ask-an-administrator' },
  'account.too-many': { status: 409, retry: false, remedy: 'remedy.remove-unused-accounts' },
  'account.not-active': { status: 409, retry: false, remedy: 'remedy.wait-for-activation' },
  'account.active-already': { status: 409, retry: false, remedy: 'remedy.nothing-to-do' },
  'session.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  // customers
  'customer.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'customer.account-id-taken': { status: 409, retry: false, remedy: 'remedy.choose-another-account-id' },
  'customer.name-differs': { status: 422, retry: false, remedy: 'remedy.type-the-exact-name' },
  'customer.has-products': { status: 409, retry: false, remedy: 'remedy.remove-products-first' },
  'customer.outside-scope': { status: 403, retry: false, remedy: 'remedy.ask-an-administrator' },
  'customer.too-many-tags': { status: 409, retry: false, remedy: 'remedy.remove-a-tag-first' },
  'customer.manager-unfit': { status: 409, retry: false, remedy: 'remedy.choose-another-account' },
  'maintenance.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'maintenance.not-now': { status: 409, retry: false, remedy: 'remedy.reload-the-list' },
  'view.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'view.too-many': { status: 409, retry: false, remedy: 'remedy.delete-a-view-first' },
  'dashboard.too-many-tabs': { status: 409, retry: false, remedy: 'remedy.close-a-tab-first' },
  'dashboard.too-many-widgets': { status: 409, retry: false, remedy: 'remedy.close-a-widget-first' },
  'dashboard.needs-notifications': { status: 409, retry: false, remedy: 'remedy.keep-notifications' },
  'consent.no-document': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'logo.none': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'logo.unreadable': { status: 422, retry: false, remedy: 'remedy.choose-another-picture' },
  'logo.too-large': { status: 422, retry: false, remedy: 'remedy.shrink-the-picture' },
  'credentials.none': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'contact.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  // products and agents
  'product.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'product.name-differs': { status: 422, retry: false, remedy: 'remedy.type-the-exact-name' },
  'product.type-unknown': { status: 422, retry: false, remedy: 'remedy.choose-a-listed-type' },
  'product.type-not-connectable': { status: 409, retry: false, remedy: 'remedy.choose-a-listed-type' },
  'consent.missing': { status: 409, retry: false, remedy: 'remedy.record-consent' },
  'product.already-registered': { status: 409, retry: false, remedy: 'remedy.add-another-product' },
  'endpoint-key.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'product.no-site-server': { status: 409, retry: false, remedy: 'remedy.add-a-site-server' },
  'group.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'group.is-default': { status: 409, retry: false, remedy: 'remedy.use-a-group-of-your-own' },
  'group.label-taken': { status: 409, retry: false, remedy: 'remedy.choose-another-group-name' },
  'group.too-many': { status: 409, retry: false, remedy: 'remedy.remove-unused-groups' },
  'diagnosis.unreadable': { status: 422, retry: false, remedy: 'remedy.paste-the-whole-check' },
  'endpoint.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'agent.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'agent.key-wrong': { status: 403, retry: false, remedy: 'remedy.make-a-new-key' },
  'agent.key-expired': { status: 403, retry: false, remedy: 'remedy.make-a-new-key' },
  'agent.key-used': { status: 409, retry: false, remedy: 'remedy.make-a-new-key' },
  'agent.credentials-wrong': { status: 403, retry: false, remedy: 'remedy.check-the-credentials' },
  'agent.unregistered': { status: 410, retry: false, remedy: 'remedy.register-the-agent-again' },
  'agent.signature-wrong': { status: 403, retry: false, remedy: 'remedy.register-the-agent-again' },
  'agent.not-of-this-site': { status: 403, retry: false, remedy: 'remedy.enrol-at-its-own-site' },
  'agent.version-unsupported': { status: 426, retry: false, remedy: 'remedy.upgrade-the-agent' },
  'agent.is-clone': { status: 409, retry: false, remedy: 'remedy.agent-takes-own-identity' },
  'agent.frame-invalid': { status: 400, retry: false, remedy: 'remedy.upgrade-the-agent' },
  'agent.frame-too-large': { status: 413, retry: false, remedy: 'remedy.send-less-at-once' },
  'agent.clock-off': { status: 400, retry: true, remedy: 'remedy.correct-the-clock' },
  'agent.package-missing': { status: 503, retry: true, remedy: 'remedy.build-the-agent' },
  // events and commands
  'event.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'event.resolved-already': { status: 409, retry: false, remedy: 'remedy.reload-the-list' },
  'event.not-counted': { status: 409, retry: false, remedy: 'remedy.mend-at-the-product' },
  'event.no-command-resolves': { status: 409, retry: false, remedy: 'remedy.mend-at-the-product' },
  'event.assignee-unfit': { status: 409, retry: false, remedy: 'remedy.choose-another-account' },
  'comment.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'comment.of-another': { status: 409, retry: false, remedy: 'remedy.write-your-own-comment' },
  'comment.too-late': { status: 409, retry: false, remedy: 'remedy.write-your-own-comment' },
  'index.out-of-range': { status: 422, retry: false, remedy: 'remedy.correct-the-marked-fields' },
  'command.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'command.not-supported': { status: 409, retry: false, remedy: 'remedy.see-what-the-engine-can-do' },
  'command.target-unregistered': { status: 409, retry: false, remedy: 'remedy.register-the-agent-first' },
  'command.target-disabled': { status: 409, retry: false, remedy: 'remedy.enable-the-agent-first' },
  'command.contradicts': { status: 409, retry: true, remedy: 'remedy.wait-for-the-agent-to-leave' },
  'command.needs-second-person': { status: 409, retry: true, remedy: 'remedy.give-it-as-an-order' },
  'command.frozen': { status: 409, retry: false, remedy: 'remedy.lift-the-freeze' },
  // virus alerts
  'alert.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'alert.operator-only': { status: 403, retry: false, remedy: 'remedy.ask-the-operator' },
  'alert.over': { status: 409, retry: false, remedy: 'remedy.reload-the-list' },
  'alert.of-feed': { status: 409, retry: false, remedy: 'remedy.withdraw-at-the-feed' },
  'feed.none': { status: 409, retry: false, remedy: 'remedy.set-the-feed-key' },
  'feed.unreadable': { status: 422, retry: false, remedy: 'remedy.get-the-newest-feed-file' },
  'feed.signature-wrong': { status: 422, retry: false, remedy: 'remedy.compare-the-feed-key' },
  'feed.replayed': { status: 409, retry: false, remedy: 'remedy.get-the-newest-feed-file' },
  'feed.expired': { status: 422, retry: false, remedy: 'remedy.get-the-newest-feed-file' },
  'feed.wrong': { status: 422, retry: false, remedy: 'remedy.get-the-newest-feed-file' },
  // settings, templates, URL lists
  'setting.weakens': { status: 409, retry: false, remedy: 'remedy.confirm-what-weakens' },
  'setting.not-supported': { status: 422, retry: false, remedy: 'remedy.see-what-the-engine-can-do' },
  'setting.nothing-drifted': { status: 409, retry: false, remedy: 'remedy.nothing-to-do' },
  'template.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'template.name-taken': { status: 409, retry: false, remedy: 'remedy.choose-another-name' },
  'template.too-many': { status: 409, retry: false, remedy: 'remedy.delete-unused-templates' },
  'template.in-use': { status: 409, retry: false, remedy: 'remedy.apply-another-template-first' },
  'template.built-in': { status: 409, retry: false, remedy: 'remedy.copy-the-template' },
  'template.does-not-fit': { status: 409, retry: false, remedy: 'remedy.choose-other-targets' },
  'url.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'url.too-many': { status: 409, retry: false, remedy: 'remedy.remove-unused-urls' },
  'order.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'order.not-possible-now': { status: 409, retry: false, remedy: 'remedy.reload-the-list' },
  'order.nobody-left': { status: 409, retry: false, remedy: 'remedy.choose-other-targets' },
  'order.too-many': { status: 422, retry: false, remedy: 'remedy.split-the-order' },
  'order.not-undoable': { status: 409, retry: false, remedy: 'remedy.see-why-not-undoable' },
  'order.own': { status: 403, retry: false, remedy: 'remedy.ask-another-administrator' },
  'mfa.needed-here': { status: 403, retry: false, remedy: 'remedy.set-up-second-factor-first' },
  'delivery.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'delivery.sent-already': { status: 409, retry: false, remedy: 'remedy.nothing-to-do' },
  // identity
  'duplicate.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'merge.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'merge.same-endpoint': { status: 422, retry: false, remedy: 'remedy.choose-another-endpoint' },
  'merge.other-customer': { status: 409, retry: false, remedy: 'remedy.move-the-product-first' },
  'merge.undone-already': { status: 409, retry: false, remedy: 'remedy.nothing-to-do' },
  'merge.gone': { status: 409, retry: false, remedy: 'remedy.endpoint-reports-anew' },
  'endpoint.name-differs': { status: 422, retry: false, remedy: 'remedy.type-the-exact-name' },
  'endpoint.still-reporting': { status: 409, retry: false, remedy: 'remedy.merge-or-uninstall' },
  'move.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'move.same-customer': { status: 422, retry: false, remedy: 'remedy.choose-another-customer' },
  'move.merged-elsewhere': { status: 409, retry: false, remedy: 'remedy.undo-the-merges-first' },
  'move.not-undoable': { status: 409, retry: false, remedy: 'remedy.move-it-again' },
  'switch.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'switch.code-wrong': { status: 422, retry: false, remedy: 'remedy.copy-the-connection-code-again' },
  'switch.code-expired': { status: 422, retry: false, remedy: 'remedy.make-a-new-connection-code' },
  'switch.same-product': { status: 422, retry: false, remedy: 'remedy.make-the-code-at-the-new-side' },
  'switch.under-way': { status: 409, retry: false, remedy: 'remedy.wait-or-give-up-the-switch' },
  'switch.nobody': { status: 409, retry: false, remedy: 'remedy.register-the-agent-first' },
  'switch.too-many': { status: 422, retry: false, remedy: 'remedy.make-a-code-for-more-machines' },
  'switch.not-possible-now': { status: 409, retry: false, remedy: 'remedy.reload-the-list' },
  'release.not-found': { status: 404, retry: false, remedy: 'remedy.reload-the-list' },
  'release.not-approved': { status: 409, retry: false, remedy: 'remedy.approve-the-version-first' },
  'release.expired': { status: 409, retry: false, remedy: 'remedy.ask-for-a-newer-release' },
  'release.no-root': { status: 409, retry: false, remedy: 'remedy.trust-a-root-first' },
  'release.root-known': { status: 409, retry: false, remedy: 'remedy.sign-the-next-root' },
  'release.file-wrong': { status: 422, retry: false, remedy: 'remedy.fetch-the-release-again' },
  'figure.not-found': { status: 404, retry: false, remedy: 'remedy.check-the-address' },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof problems

/** What any route may answer without saying so in its own list. */
export const commonProblems = [
  'request.invalid',
  'request.too-large',
  'request.not-json',
  'request.other-origin',
  'request.rate-limited',
  'session.missing',
  'session.mfa-needed',
  'session.mfa-enrolment-needed',
  'permission.missing',
  'server.busy',
  'server.database-away',
  'server.fault',
] as const satisfies readonly ProblemCode[]

/** One field that was refused: `path` as in the body (`account.email`), `code` a text key below `field.`. */
export interface FieldError {
  path: string
  code: string
  values?: Record<string, string | number>
}

/** The only error our code throws on purpose. `data` may be shown to the person: no secrets, nothing of another tenant (R38). */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly data: Record<string, unknown>
  /** Refused fields, for `request.invalid` and rules that concern one field. */
  readonly fields: readonly FieldError[]

  constructor(code: ProblemCode, data: Record<string, unknown> = {}, options: { cause?: unknown; fields?: readonly FieldError[] } = {}) {
    super(code, { cause: options.cause })
    this.code = code
    this.data = data
    this.fields = options.fields ?? []
  }

  get kind(): ProblemKind {
    return problems[this.code]
  }
}
