export * as outboxApi from './api.ts'
export { Delivery, deliveryStates, mailKinds, type MailKind } from './api.ts'
