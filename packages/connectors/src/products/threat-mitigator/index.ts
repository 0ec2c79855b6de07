import { defineProductType } from '../define.ts'

/** Threat Mitigator (TMP-1). Not connected by this version yet. */
export const threatMitigator = defineProductType({
  id: 'threat-mitigator',
  family: 'network-sensor',
  connection: 'syslog',
  engine: null,
  isSiteServer: false,
  categories: ['data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'appliance',
  freshForSeconds: 900,
  defaultGroups: ['appliances'],
})
