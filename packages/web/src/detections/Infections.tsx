import { AttentionCounts, paths, useActor } from '../kit/index.ts'

/** Open infections of an endpoint, the way to the detections behind them for whoever may see those; none: nothing, silence is the good state. */
export function Infections({ endpointId, count }: { endpointId: string; count: number }) {
  const mayRead = useActor().can('detection.read')
  return <AttentionCounts actionRequired={count} warning={0} {...(mayRead ? { to: () => paths.detections({ endpointId }) } : {})} />
}
