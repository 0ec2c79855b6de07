import { defineProductType } from '../define.ts'

/** Worry-Free Business Security Advanced: as Standard, and mail servers. Family and words: seed 002, chapter 1. Not connected by this version yet. */
export const wfbsA = defineProductType({
  id: 'wfbs-a',
  family: 'endpoint-server',
  connection: 'agent',
  engine: 'wfbs',
  isSiteServer: true,
  categories: ['outbreak-defence', 'antivirus', 'anti-spyware', 'network-virus', 'web-reputation', 'behaviour-monitoring', 'url-filtering', 'device-control', 'component-update', 'smart-protection', 'disk-space', 'mail-server', 'managed-server', 'licence-expired', 'licence-expiring', 'seats-exceeded', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: true,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'endpoint',
  freshForSeconds: 900,
  defaultGroups: ['servers', 'desktops', 'mail-servers'],
})
