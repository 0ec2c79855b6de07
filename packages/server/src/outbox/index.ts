import type { Services } from '../platform/index.ts'

export type { MailValues } from './kinds.ts'
export { notify, type Notice } from './notify.ts'
export { outboxRoutes } from './routes.ts'
export { createSender, type SenderOptions } from './sender.ts'
export { forgetOldSecrets } from './store.ts'

/** Where no SMTP server is set up: mails are kept, to be read in the console. */
export const noMail: Services['mail'] = { isConfigured: false, wake: () => {} }
