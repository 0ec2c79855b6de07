import { defineProductType } from '../define.ts'

/** Microsoft Defender on Linux and Windows, driven by the agent (PRD-1). Not connected by this version yet. */
export const microsoftDefender = defineProductType({
  id: 'microsoft-defender',
  family: 'endpoint-hosted',
  connection: 'agent',
  engine: 'defender',
  isSiteServer: false,
  categories: [
    'outbreak-defence',
    'antivirus',
    'anti-spyware',
    'network-virus',
    'web-reputation',
    'behaviour-monitoring',
    'device-control',
    'component-update',
    'disk-space',
    'agent-abnormal',
    'agent-offline',
    'data-freshness',
  ],
  commands: [],
  settings: [],
  filtersUrls: true,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'endpoint',
  freshForSeconds: 900,
  defaultGroups: ['servers', 'desktops'],
})
