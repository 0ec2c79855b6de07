import { defineProductType } from '../define.ts'

/** Hosted Email Security (PRD-1, HES). Not connected by this version yet. */
export const hostedEmailSecurity = defineProductType({
  id: 'hosted-email-security',
  family: 'email',
  connection: 'api',
  engine: null,
  isSiteServer: false,
  categories: ['anti-spam', 'licence-expired', 'licence-expiring', 'seats-exceeded', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'mailbox',
  freshForSeconds: 3600,
  defaultGroups: ['mail-servers'],
})
