import { defineProductType } from '../define.ts'

/** Worry-Free Business Security Standard: a security server on site with its agents. Family and words: seed 002, chapter 1. Not connected by this version yet. */
export const wfbsS = defineProductType({
  id: 'wfbs-s',
  family: 'endpoint-server',
  connection: 'agent',
  engine: 'wfbs',
  isSiteServer: true,
  categories: ['outbreak-defence', 'antivirus', 'anti-spyware', 'network-virus', 'web-reputation', 'behaviour-monitoring', 'url-filtering', 'device-control', 'component-update', 'smart-protection', 'disk-space', 'managed-server', 'licence-expired', 'licence-expiring', 'seats-exceeded', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: true,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'endpoint',
  freshForSeconds: 900,
  defaultGroups: ['servers', 'desktops'],
})
