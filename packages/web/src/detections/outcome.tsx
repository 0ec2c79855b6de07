import { leavesInfection } from '@vigie/domain/events'
import { StateTag, useText } from '../kit/index.ts'

/** What became of the threat; one that left it in place is an infection (mission §0). A newer agent's word is shown as it came. */
export function DetectionOutcomeTag({ outcome }: { outcome: string }) {
  const say = useText()
  const key = `detection-outcome.${outcome}`
  return <StateTag label={say.has(key) ? key : { text: outcome }} tone={leavesInfection(outcome) ? 'action-required' : 'quiet'} />
}
