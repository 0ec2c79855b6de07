import { eventsApi } from '@vigie/domain/events'
import { Ago, Link, paths, query, useLoaded, useText } from '../kit/index.ts'
import css from './detections.module.css'
import { DetectionOutcomeTag } from './outcome.tsx'

interface Props {
  productId: string
  endpointId?: string
  category?: string
  /** Only these outcomes, comma-separated. */
  outcome?: string
  from?: string
  until?: string
  count?: number
}
/** The newest few of a product or endpoint, for panels, and the way to all of them. */
export function RecentDetections({ count = 5, ...about }: Props) {
  const say = useText()
  const { rows, nextCursor } = useLoaded(query(eventsApi.listDetections).with({ query: { ...about, sort: '-at', limit: count } }))
  if (rows.length === 0) return <p className="faint">{say('detections.none-here')}</p>
  return (
    <>
      <ul className={css.list}>
        {rows.map((detection) => (
          <li key={detection.id}>
            <span className={css.threat}>{detection.threat}</span>
            <span className={css.at}>
              <Ago at={detection.at} />
            </span>
            <code className={css.object} title={detection.object}>
              {detection.object}
            </code>
            <span className={css.foot}>
              <DetectionOutcomeTag outcome={detection.outcome} />
              {about.endpointId === undefined && (
                <Link to={paths.endpoint({ endpointId: detection.endpointId })}>{detection.endpointName}</Link>
              )}
            </span>
          </li>
        ))}
      </ul>
      {nextCursor !== null && (
        <p className={css.all}>
          <Link
            to={paths.detections({
              productId: about.productId,
              ...(about.endpointId ? { endpointId: about.endpointId } : {}),
              ...(about.category ? { category: about.category } : {}),
              ...(about.outcome ? { outcome: about.outcome } : {}),
            })}
          >
            {say('detections.all')}
          </Link>
        </p>
      )}
    </>
  )
}
