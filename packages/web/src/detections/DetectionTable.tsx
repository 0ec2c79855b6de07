import { categories } from '@vigie/domain/categories'
import { detectionOutcomes, eventsApi, type Detection } from '@vigie/domain/events'
import { columns, DataTable, Empty, Link, paths, query, sortedBy, useLoaded, useText, type Filter } from '../kit/index.ts'
import { DetectionOutcomeTag } from './outcome.tsx'

interface Fixed {
  customerId?: string
  productId?: string
  endpointId?: string
}
export const detectionList = (fixed: Fixed = {}) => query(eventsApi.listDetections).list(sortedBy('-at', fixed as Record<string, string>))

const column = columns<Detection>('detections.column')
const threat = column.cell('threat', (detection) => <span title={detection.threat}>{detection.threat}</span>, { main: true, width: 220 })
const object = column.cell('object', (detection) => <code title={detection.object}>{detection.object}</code>)
const outcome = column.cell('outcome', (detection) => <DetectionOutcomeTag outcome={detection.outcome} />, { width: 190 })
const endpoint = column.cell(
  'endpointName',
  (detection) => <Link to={paths.endpoint({ endpointId: detection.endpointId })}>{detection.endpointName}</Link>,
  { width: 140 },
)
const customer = column.cell(
  'customerName',
  (detection) => <Link to={paths.customer({ customerId: detection.customerId })}>{detection.customerName}</Link>,
  { width: 150 },
)
const category = column.cell('category', (detection) => <CategoryWord category={detection.category} />, { width: 130, hidden: true })
const engine = column.text('engine', undefined, { width: 100, hidden: true })
const at = column.ago('at', { sort: 'at', width: 110 })
const receivedAt = column.ago('receivedAt', { width: 140, hidden: true })
const tail = [category, engine, at, receivedAt]

const categoryFilter: Filter = {
  key: 'category',
  label: 'detections.column.category',
  isSingle: true,
  options: categories.filter(({ group }) => group === 'threat').map(({ id }) => ({ value: id, label: `category.${id}` })),
}

const outcomeFilter: Filter = {
  key: 'outcome',
  label: 'detections.column.outcome',
  options: detectionOutcomes.map((value) => ({ value, label: `detection-outcome.${value}` })),
}

function CategoryWord({ category: id }: { category: string }) {
  const say = useText()
  return <>{say.has(`category.${id}`) ? say(`category.${id}`) : id}</>
}

/** Records of threats found, newest first. Names of threats and files are hostile text: shown, never interpreted. */
export function DetectionTable({ fixed = {}, filters = [] }: { fixed?: Fixed; filters?: Filter[] }) {
  const list = useLoaded(detectionList(fixed))
  const shown = [
    threat,
    object,
    outcome,
    ...(fixed.endpointId ? [] : [endpoint]),
    ...(fixed.productId || fixed.customerId ? [] : [customer]),
    ...tail,
  ]
  return (
    <DataTable
      {...list}
      name="detections.title"
      columns={shown}
      sort="-at"
      filters={[outcomeFilter, ...(categoryFilter.options.length > 1 ? [categoryFilter] : []), ...filters]}
      empty={<Empty icon="shield" title="detections.none" about="detections.none.about" />}
    />
  )
}
