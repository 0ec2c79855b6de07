import type { AlertLevel, AlertState, VirusAlert } from '@vigie/domain/outbreak'
import { StateTag, useActor, type Sign } from '../kit/index.ts'

const levelTones: Readonly<Record<AlertLevel, Sign>> = { red: 'action-required', yellow: 'warning' }
/** What is over signals nothing any more. */
export const LevelTag = ({ alert: { level, state } }: { alert: Pick<VirusAlert, 'level' | 'state'> }) => (
  <StateTag label={`alert-level.${level}`} tone={state === 'in-force' ? levelTones[level] : 'quiet'} />
)

const stateTones: Readonly<Record<AlertState, Sign | 'quiet'>> = {
  coming: 'pending',
  'in-force': 'pending',
  ended: 'quiet',
  withdrawn: 'quiet',
}
export const AlertStateTag = ({ state }: { state: AlertState }) => <StateTag label={`alert-state.${state}`} tone={stateTones[state]} />

/** ACC-1: alerts are declared by the business that runs the installation. */
export function useMayDeclare(): boolean {
  const actor = useActor()
  return actor.can('alert.declare') && actor.business.kind === 'operator'
}
