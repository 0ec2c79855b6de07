import { licenceKinds, licencesApi, licenceStates, type Licence } from '@vigie/domain/licences'
import {
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  paths,
  query,
  sortedBy,
  useAddress,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { LicenceEnd, LicenceKindWord, LicenceStateTag, Seats } from './words.tsx'

interface Fixed {
  customerId?: string
}
export const licenceList = (fixed: Fixed = {}) =>
  query(licencesApi.listLicences).list(sortedBy('expiresAt', fixed as Record<string, string>))

const Type = ({ typeId }: { typeId: string }) => <>{useText()(`product-type.${typeId}.name`)}</>

const column = columns<Licence>('licences.column')
const product = column.link('productName', ({ productId }) => paths.product({ productId, tab: 'licence' }), { minWidth: 150 })
const customer = column.cell(
  'company',
  ({ customerId, customerName }) => <Link to={paths.customer({ customerId, tab: 'licences' })}>{customerName}</Link>,
  { width: 160, sort: true },
)
const tail = [
  column.cell('typeId', ({ typeId }) => <Type typeId={typeId} />, { width: 155 }),
  column.cell('kind', ({ kind }) => <LicenceKindWord kind={kind} />, { width: 110 }),
  column.cell('state', ({ state }) => <LicenceStateTag state={state} />, { width: 130 }),
  column.cell('expiresAt', ({ expiresAt }) => <LicenceEnd expiresAt={expiresAt} />, { width: 120, sort: true }),
  column.cell('seatsUsed', ({ seats, seatsUsed }) => <Seats seats={seatsUsed} beyond={seats} />, {
    width: 90,
    align: 'end',
    sort: true,
    fromTop: true,
  }),
  column.cell('seats', ({ seats }) => <Seats seats={seats} />, { width: 130, align: 'end', sort: true, fromTop: true }),
  column.ago('lastSeenAt', { width: 125, freshForSeconds: ({ freshForSeconds }) => freshForSeconds }),
]

const state: Filter = {
  key: 'state',
  label: 'licences.column.state',
  options: licenceStates.map((value) => ({ value, label: `licence-state.${value}` })),
}
const kind: Filter = {
  key: 'kind',
  label: 'licences.column.kind',
  options: licenceKinds.map((value) => ({ value, label: `licence-kind.${value}` })),
}
const over: Filter = {
  key: 'isOver',
  label: 'licences.filter.seats',
  isSingle: true,
  options: [
    { value: 'true', label: 'licences.filter.over' },
    { value: 'false', label: 'licences.filter.within' },
  ],
}

/** Licences as products report them, the one that is over first at the top. */
export function LicenceTable({ fixed = {}, filters = [] }: { fixed?: Fixed; filters?: Filter[] }) {
  const at = useAddress()
  const list = licenceList(fixed)
  const rows = useLoaded(list)
  return (
    <DataTable
      {...rows}
      name="licences.title"
      columns={[product, ...(fixed.customerId ? [] : [customer]), ...tail]}
      sort="expiresAt"
      rowId={({ productId }) => productId}
      {...(fixed.customerId ? {} : { search: 'licences.search' })}
      filters={[state, kind, over, ...filters]}
      csv={csvOf(licencesApi.exportLicences, list(at))}
      opens={({ productId }) => paths.product({ productId, tab: 'licence' })}
      empty={<Empty icon="key" title="licences.none" about="licences.none.about" />}
    />
  )
}
