import { defineProductType } from '../define.ts'

/** Suricata on a sensor; the agent reads its EVE log (PRD-1, TMP-1). Not connected by this version yet. */
export const suricata = defineProductType({
  id: 'suricata',
  family: 'network-sensor',
  connection: 'agent',
  engine: 'suricata',
  isSiteServer: false,
  categories: ['network-virus', 'botnet', 'ips', 'appliance-failure', 'agent-abnormal', 'agent-offline', 'data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'appliance',
  freshForSeconds: 900,
  defaultGroups: ['appliances'],
})
