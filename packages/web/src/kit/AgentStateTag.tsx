import type { AgentState } from '@vigie/domain/products'
import { StateTag, type Sign } from './Severity.tsx'
import { useText } from './text.tsx'

/** AGT-2. Vanished, mismatched or faulty ask for somebody; closed properly and unknown are grey; a key that waits is pending. */
export const agentTone: Readonly<Record<AgentState, Sign | 'quiet' | 'good'>> = {
  pending: 'pending',
  online: 'good',
  offline: 'unknown',
  abnormal: 'warning',
  disabled: 'quiet',
  unknown: 'unknown',
  'plug-in-error': 'warning',
  unregistered: 'unknown',
  'version-mismatch': 'warning',
}

/** State in a word; its cause on hover. */
export function AgentStateTag({ state, cause, isCopy = false }: { state: AgentState; cause?: string | null; isCopy?: boolean }) {
  const say = useText()
  const own = cause ? `agent-cause.${cause}` : ''
  // one that is online and yet has a cause (a wrong clock), or is somebody's copy, is no case of "all is well"
  return (
    <StateTag
      label={`agent-state.${state}`}
      tone={(cause || isCopy) && agentTone[state] === 'good' ? 'warning' : agentTone[state]}
      title={say(own !== '' && say.has(own) ? own : `agent-state.${state}.cause`)}
    />
  )
}
