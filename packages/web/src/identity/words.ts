import type { SwitchState, SwitchStep } from '@vigie/domain/identity'
import type { Sign } from '../kit/index.ts'

export const switchTones: Readonly<Record<SwitchState, Sign | 'good' | 'quiet'>> = {
  waiting: 'pending',
  delayed: 'pending',
  preparing: 'pending',
  switching: 'pending',
  done: 'good',
  'giving-up': 'pending',
  'given-up': 'quiet',
  refused: 'quiet',
}
export const stepTones: Readonly<Record<SwitchStep, Sign | 'good' | 'quiet'>> = {
  planned: 'quiet',
  preparing: 'pending',
  prepared: 'good',
  switching: 'pending',
  switched: 'good',
  returned: 'warning',
  failed: 'warning',
  left: 'quiet',
}
