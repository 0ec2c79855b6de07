import { defineProductType } from '../define.ts'

/** Worry-Free Business Security Services, hosted, with the EDR add-on (PRD-1). Not connected by this version yet. */
export const wfbsSvc = defineProductType({
  id: 'wfbs-svc',
  family: 'endpoint-hosted',
  connection: 'api',
  engine: null,
  isSiteServer: false,
  categories: ['outbreak-defence', 'antivirus', 'anti-spyware', 'network-virus', 'web-reputation', 'behaviour-monitoring', 'url-filtering', 'device-control', 'component-update', 'smart-protection', 'disk-space', 'licence-expired', 'licence-expiring', 'seats-exceeded', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: true,
  addOns: ['edr'],
  isConnectable: false,
  licenceUnit: 'endpoint',
  freshForSeconds: 3600,
  defaultGroups: ['servers', 'desktops'],
})
