/**
 * ACC-12: what a customer consents to, or not. Source: seed 002, chapter 2, its list of monitoring and managing activities. Texts: `activity.<id>`, `.about`.
 * `view-*`: what we may show; the others: what we may do.
 */
export const activities = [
  'view-endpoints',
  'view-detections',
  'view-addresses',
  'view-vulnerabilities',
  'view-licences',
  'manage-licences',
  'notify',
  'deploy-components',
  'assess-vulnerabilities',
  'clean-up-damage',
  'scan',
  'update-server',
  'outbreak-defence',
  'configure',
] as const
export type Activity = (typeof activities)[number]
