import { defineProductType } from '../define.ts'

/** Rspamd on a mail server, driven by the agent (PRD-1). Not connected by this version yet. */
export const rspamd = defineProductType({
  id: 'rspamd',
  family: 'email',
  connection: 'agent',
  engine: 'rspamd',
  isSiteServer: false,
  categories: ['antivirus', 'anti-spam', 'mail-server', 'agent-abnormal', 'agent-offline', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'mailbox',
  freshForSeconds: 900,
  defaultGroups: ['mail-servers'],
})
