import { clamavSettings } from '../clamav-settings.ts'
import { defineProductType } from '../define.ts'

/**
 * The managed server of a site (AGT-8, first case): a Linux machine protected by ClamAV whose agent may carry what the site's endpoint agents report.
 * Promises the same freshness as an endpoint: it forwards, it does not gather.
 */
export const clamavSiteServer = defineProductType({
  id: 'clamav-site-server',
  family: 'endpoint-server',
  connection: 'agent',
  engine: 'clamav',
  isSiteServer: true,
  categories: ['outbreak-defence', 'antivirus', 'component-update', 'disk-space', 'managed-server', 'data-freshness'],
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
  defaultGroups: ['servers', 'desktops', 'mail-servers'],
})
