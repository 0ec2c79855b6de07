import type { Endpoint } from '@vigie/domain/products'
import { AttentionCounts, paths, useText } from '../kit/index.ts'

/** A default group in the reader's language; one that somebody named, as it is named. */
export function GroupWord({ group }: { group: string }) {
  const say = useText()
  return <>{say.has(`group.${group}`) ? say(`group.${group}`) : group}</>
}

/** Open infections, linked to the detections behind them; none: nothing, silence is the good state. */
export function InfectionCount({ endpoint }: { endpoint: Pick<Endpoint, 'id' | 'openInfections'> }) {
  if (endpoint.openInfections === 0) return <span className="faint figures">0</span>
  return <AttentionCounts actionRequired={endpoint.openInfections} warning={0} to={() => paths.detections({ endpointId: endpoint.id })} />
}
