import type { MailKind } from '@vigie/domain/outbox'

/** What each kind of mail must be told. Instants in ISO 8601; the reader's time zone is applied when the mail is drawn. Texts come from outside: encoded there too (R12, R35). */
export interface MailValues {
  'action-required': {
    customer: string
    product: string
    category: string
    condition: string
    /** Of the event: the placeholders of the condition's texts. */
    figures: Record<string, number | string>
    /** Names of the endpoints concerned, worst first; at most 10 are written out. */
    endpoints: string[]
    /** Of all endpoints concerned. */
    endpointCount: number
    since: string
  }
  invitation: { inviter: string; role: string; expiresAt: string }
  'password-reset': { expiresAt: string }
  'password-changed': { at: string }
  'ownership-transferred': { from: string; to: string; at: string }
  /** R16: to all owners. `orderType` as in domain/orders. */
  'order-delayed': { orderId: string; orderType: string; giver: string; agents: string; customers: string; at: string }
  /** R16: Vigie itself would give it (`alert` names why); to all who may approve. */
  'order-waiting': { orderId: string; orderType: string; alert: string; agents: string; customers: string }
  /** AGT-11, R16: to all owners. */
  'switch-delayed': { switchId: string; giver: string; product: string; agents: string; server: string; at: string }
  /** EVT-5: once to everybody who wants to be told, however many products it concerns. */
  'virus-alert': { alertId: string; alert: string; at: string }
}

/** Kinds whose button carries a one-use token: where the page is that takes it. After `#`, which no server or proxy logs. */
export const tokenPaths: Partial<Record<MailKind, string>> = { invitation: '/invitation', 'password-reset': '/reset-password' }
