import type { Endpoint } from '@vigie/domain/products'
import { Infections } from '../detections/index.ts'
import { useText } from '../kit/index.ts'

/** A default group in the reader's language; one that somebody named, as it is named. */
export function GroupWord({ group }: { group: string }) {
  const say = useText()
  return <>{say.has(`group.${group}`) ? say(`group.${group}`) : group}</>
}

/** In a column of numbers none is a zero. */
export function InfectionCount({ endpoint }: { endpoint: Pick<Endpoint, 'id' | 'openInfections'> }) {
  if (endpoint.openInfections === 0) return <span className="faint figures">0</span>
  return <Infections endpointId={endpoint.id} count={endpoint.openInfections} />
}
