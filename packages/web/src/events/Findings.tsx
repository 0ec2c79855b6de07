import { eventsApi, type Finding, type findingKinds } from '@vigie/domain/events'
import {
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  Notice,
  paths,
  query,
  Say,
  sortedBy,
  useAddress,
  useLoaded,
  type Column,
} from '../kit/index.ts'

type By = (typeof findingKinds)[number]
const column = columns<Finding>('events.findings')
const tail = [column.count('detections', { sort: true, width: 120 })]
const last = column.ago('lastAt', { sort: true, width: 152 })
const name = (by: By): Column<Finding> =>
  column.cell(
    'name',
    (row) =>
      by === 'object' ? (
        <code title={row.name}>{row.name}</code>
      ) : row.endpointId ? (
        <Link to={paths.endpoint({ endpointId: row.endpointId })}>{row.name}</Link>
      ) : (
        <span title={row.name}>{row.name}</span>
      ),
    { main: true, minWidth: 240, sort: true },
  )
const shown: Record<By, Column<Finding>[]> = {
  endpoint: [name('endpoint'), ...tail, last],
  threat: [name('threat'), ...tail, column.count('endpoints', { width: 120 }), last],
  object: [name('object'), ...tail, column.count('endpoints', { width: 120 }), last],
}

/** The detections behind an event, told apart by one thing, most first. Names of threats and files are hostile text: shown, never interpreted. */
export function Findings({ eventId, by }: { eventId: string; by: By }) {
  const at = useAddress()
  const asking = query(eventsApi.listFindings).list(
    (address) => ({ params: { eventId }, ...(sortedBy('-detections', { by })(address) as object) }) as never,
  )
  const list = useLoaded(asking)
  return (
    <>
      {!list.isWhole && (
        <Notice>
          <Say>{'events.findings.newest'}</Say>
        </Notice>
      )}
      <DataTable
        {...list}
        name={`events.tab.${by}`}
        columns={shown[by]}
        sort="-detections"
        csv={csvOf(eventsApi.exportFindings, asking(at))}
        empty={<Empty icon="shield" title="events.findings.none" about="events.findings.none.about" />}
      />
    </>
  )
}
