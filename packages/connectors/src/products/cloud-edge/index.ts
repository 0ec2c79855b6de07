import { defineProductType } from '../define.ts'

/** Cloud Edge gateway appliances, managed in the cloud (PRD-1, CE). Not connected by this version yet. */
export const cloudEdge = defineProductType({
  id: 'cloud-edge',
  family: 'gateway',
  connection: 'api',
  engine: null,
  isSiteServer: false,
  categories: [
    'botnet',
    'ips',
    'web-reputation',
    'antivirus',
    'gateway-web-threats',
    'appliance-failure',
    'licence-expired',
    'licence-expiring',
    'seats-exceeded',
    'data-freshness',
  ],
  commands: [],
  settings: [],
  filtersUrls: true,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'appliance',
  freshForSeconds: 3600,
  defaultGroups: ['appliances'],
})
