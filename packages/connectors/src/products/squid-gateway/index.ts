import { defineProductType } from '../define.ts'

/** A Linux gateway with Squid and nftables, driven by the agent (PRD-1). Not connected by this version yet. */
export const squidGateway = defineProductType({
  id: 'squid-gateway',
  family: 'gateway',
  connection: 'agent',
  engine: 'squid',
  isSiteServer: false,
  categories: [
    'web-reputation',
    'url-filtering',
    'antivirus',
    'gateway-web-threats',
    'appliance-failure',
    'agent-abnormal',
    'agent-offline',
    'data-freshness',
  ],
  commands: [],
  settings: [],
  filtersUrls: true,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'appliance',
  freshForSeconds: 900,
  defaultGroups: ['appliances'],
})
