import type { Family } from '../products/index.ts'
import type { SettingValues } from './catalogue.ts'

/**
 * ADM-3: every family that has settings has one template that is there from the start; nobody changes it, one copies it. Names: `template.built-in.<family>`. The ids are fixed, so that
 * what follows one keeps following it.
 */
export const builtInTemplates: readonly { id: string; family: Family; values: SettingValues }[] = [
  {
    id: '00000000-0000-7000-8000-000000000001',
    family: 'endpoint-hosted',
    values: {
      'real-time-scan.enabled': true,
      'real-time-scan.action': 'block',
      'manual-scan.paths': ['/'],
      'manual-scan.action': 'quarantine',
      'scheduled-scan.enabled': true,
      'scheduled-scan.frequency': 'weekly',
      'scheduled-scan.day': 'monday',
      'scheduled-scan.time': '12:30',
      'exclusions.paths': [],
      'update-schedule.enabled': true,
      'update-schedule.every-hours': 4,
    },
  },
  {
    id: '00000000-0000-7000-8000-000000000002',
    family: 'endpoint-server',
    values: {
      'real-time-scan.enabled': true,
      'real-time-scan.action': 'block',
      'manual-scan.paths': ['/'],
      'manual-scan.action': 'quarantine',
      'scheduled-scan.enabled': true,
      'scheduled-scan.frequency': 'weekly',
      'scheduled-scan.day': 'monday',
      'scheduled-scan.time': '12:30',
      'exclusions.paths': [],
      'update-schedule.enabled': true,
      'update-schedule.every-hours': 4,
    },
  },
]
export const builtInTemplateById = new Map(builtInTemplates.map((template) => [template.id, template]))
