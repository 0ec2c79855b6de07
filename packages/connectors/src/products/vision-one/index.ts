import { defineProductType } from '../define.ts'

/** Vision One: a platform with an endpoint inventory, alerts and an audit log (PRD-1, INV). Not connected by this version yet. */
export const visionOne = defineProductType({
  id: 'vision-one',
  family: 'platform',
  connection: 'api',
  engine: null,
  isSiteServer: false,
  categories: ['data-freshness'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: ['edr'],
  isConnectable: false,
  licenceUnit: 'endpoint',
  freshForSeconds: 3600,
  defaultGroups: ['servers', 'desktops'],
})
