import { defineProductType } from '../define.ts'

/** Threat Discovery Appliance: sends raw logs and heartbeats (TMP-1). Not connected by this version yet. */
export const threatDiscovery = defineProductType({
  id: 'threat-discovery',
  family: 'network-sensor',
  connection: 'syslog',
  engine: null,
  isSiteServer: false,
  categories: ['network-virus', 'botnet', 'appliance-failure', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'appliance',
  freshForSeconds: 900,
  defaultGroups: ['appliances'],
})
