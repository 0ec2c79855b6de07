import { clamavSettings } from '../clamav-settings.ts'
import { defineProductType } from '../define.ts'

/**
 * One Linux machine protected by ClamAV, its agent speaking to Vigie directly (AGT-8, second case). The agent reports its engine every 10 minutes
 * and at once on change: `freshForSeconds` is that and half again.
 */
export const clamavEndpoint = defineProductType({
  id: 'clamav-endpoint',
  family: 'endpoint-hosted',
  connection: 'agent',
  engine: 'clamav',
  isSiteServer: false,
  categories: ['outbreak-defence', 'antivirus', 'component-update', 'disk-space', 'agent-abnormal', 'agent-offline', 'data-freshness'],
  commands: [
    'scan-now',
    'stop-scan',
    'update-components',
    'synchronise',
    'check',
    'apply-settings',
    'start-outbreak-defence',
    'stop-outbreak-defence',
    'upgrade-agent',
    'move-agent',
    'uninstall-agent',
  ],
  settings: clamavSettings,
  filtersUrls: false,
  addOns: [],
  isConnectable: true,
  licenceUnit: 'endpoint',
  freshForSeconds: 900,
  defaultGroups: ['servers', 'desktops'],
})
