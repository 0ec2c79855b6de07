import * as z from 'zod'
import { defineRoute, DeliveryId, EventId, Instant, listQuery, listReply, Locale, oneOrMore } from '../kernel/index.ts'

/** `kept`: no SMTP is configured, it stays readable here. `failed`: refused for good, or given up after the last try. */
export const deliveryStates = ['waiting', 'sent', 'kept', 'failed'] as const
/** Mail kinds; the text catalogue holds `mail.<kind>.subject` and the body's parts. */
export const mailKinds = [
  'action-required',
  'invitation',
  'password-reset',
  'password-changed',
  'ownership-transferred',
  'order-delayed',
  'order-waiting',
  'virus-alert',
  'switch-delayed',
] as const
export type MailKind = (typeof mailKinds)[number]

export const Delivery = z.object({
  id: DeliveryId,
  kind: z.enum(mailKinds),
  to: z.string(),
  subject: z.string(),
  locale: Locale,
  state: z.enum(deliveryStates),
  attempts: z.number().int(),
  /** Of the last refusal: an SMTP code or a text key below `delivery-fault.`; never the remote's raw text (R26). */
  fault: z.string().nullable(),
  eventId: EventId.nullable(),
  createdAt: Instant,
  sentAt: Instant.nullable(),
  nextTryAt: Instant.nullable(),
})
export type Delivery = z.infer<typeof Delivery>
const params = z.strictObject({ deliveryId: DeliveryId })

export const listDeliveries = defineRoute({
  id: 'deliveries.list',
  method: 'GET',
  path: '/v1/deliveries',
  permission: 'delivery.read',
  query: listQuery(['createdAt'], { state: oneOrMore(deliveryStates).optional(), kind: oneOrMore(mailKinds).optional() }, '-createdAt'),
  reply: listReply(Delivery),
  problems: [],
})
/** Links that sign in or reset a password are shown to nobody but their addressee: where SMTP is configured they are blanked here. */
export const getDelivery = defineRoute({
  id: 'deliveries.get',
  method: 'GET',
  path: '/v1/deliveries/:deliveryId',
  permission: 'delivery.read',
  params,
  reply: Delivery.extend({ text: z.string(), html: z.string() }),
  problems: ['delivery.not-found'],
})
export const retryDelivery = defineRoute({
  id: 'deliveries.retry',
  method: 'POST',
  path: '/v1/deliveries/:deliveryId/retry',
  permission: 'delivery.retry',
  params,
  reply: Delivery,
  problems: ['delivery.not-found', 'delivery.sent-already'],
})
