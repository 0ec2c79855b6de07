import { duplicateStates, identityApi, type Duplicate } from '@vigie/domain/identity'
import {
  buttonClass,
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  load,
  Page,
  Part,
  paths,
  query,
  SidePanel,
  Tabs,
  useAddress,
  useCustomerFilter,
  useLoaded,
  useText,
} from '../kit/index.ts'
import { DuplicateDetail } from './DuplicateDetail.tsx'
import { Evidence } from './Evidence.tsx'
import css from './identity.module.css'
import { MergeDialog } from './MergeDialog.tsx'
import { MergeList, mergeList } from './MergeList.tsx'
import { useDuplicateActions } from './useDuplicateActions.ts'

const viewOf = (search: Record<string, string | undefined>) => search['view'] ?? 'suspected'
const list = query(identityApi.listDuplicates).list(
  ({ search }) =>
    ({ query: { sort: search['sort'] ?? '-foundAt', ...(viewOf(search) === 'merges' ? {} : { state: viewOf(search) }) } }) as never,
)
export const loader = load(list, mergeList)

const column = columns<Duplicate>('identity.column')
const shown = [
  column.cell('endpoints', ({ endpoints }) => <Pair endpoints={endpoints} />, { main: true, minWidth: 220 }),
  column.cell('customerName', (row) => <Link to={paths.customer({ customerId: row.customerId })}>{row.customerName}</Link>, { width: 180 }),
  column.cell('evidence', (row) => <Evidence evidence={row.evidence} />, { width: 230 }),
  column.ago('lastSeen', {
    get: ({ endpoints: [one, other] }) => [one.lastSeenAt, other.lastSeenAt].filter((at) => at !== null).toSorted()[0] ?? null,
    width: 150,
  }),
  column.ago('foundAt', { sort: true, width: 130 }),
]

function Pair({ endpoints: [one, other] }: Pick<Duplicate, 'endpoints'>) {
  return (
    <span className={css.pair}>
      {[one, other].map((twin) => (
        <span key={twin.endpointId} title={twin.name}>
          {twin.name} <span className="faint">{twin.productName}</span>
        </span>
      ))}
    </span>
  )
}

/** INV-3: machines under two identities, copies beside their originals; what Vigie did about them, and what one can do. */
export default function DuplicatesPage() {
  const say = useText()
  const at = useAddress()
  const view = viewOf(at.search)
  const loaded = useLoaded(list)
  const filters = useCustomerFilter()
  const { actions, merging, stopMerging } = useDuplicateActions()
  const tabs = [...duplicateStates, 'merges'].map((one) => ({
    label: one === 'merges' ? 'identity.merges' : `duplicate-state.${one}`,
    to: paths.duplicates({ view: one === 'suspected' ? undefined : one }),
    isCurrent: one === view,
    count: one === 'suspected' ? loaded.waiting : undefined,
  }))
  return (
    <Page
      title="identity.duplicates"
      about="identity.duplicates.about"
      crumbs={[{ label: 'inventory.title', to: paths.inventory() }]}
      fills
      action={
        <Link className={buttonClass()} to={paths.moves()}>
          {say('identity.moves')}
        </Link>
      }
      tabs={<Tabs label="identity.duplicates" tabs={tabs} />}
    >
      {view === 'merges' ? (
        <MergeList />
      ) : (
        <DataTable
          key={view}
          {...loaded}
          name="identity.duplicates"
          columns={shown}
          sort="-foundAt"
          search="identity.search"
          filters={filters}
          csv={csvOf(identityApi.exportDuplicates, list(at))}
          actions={actions}
          opens={(row) => `?duplicate=${row.id}`}
          openId={at.search['duplicate']}
          empty={
            <Empty
              icon="inventory"
              title={view === 'suspected' ? 'identity.none' : 'identity.none.here'}
              about={view === 'suspected' ? 'identity.none.about' : `identity.none.${view}`}
            />
          }
        />
      )}
      <SidePanel param="duplicate" label="identity.duplicate" ids={loaded.rows.map((row) => row.id)}>
        {(id) => {
          const row = loaded.rows.find((one) => one.id === id)
          return row ? (
            <Part key={id}>
              <DuplicateDetail duplicate={row} actions={actions(row)} />
            </Part>
          ) : (
            <p className="quiet">{say('problem.duplicate.not-found')}</p>
          )
        }}
      </SidePanel>
      {merging && <MergeDialog duplicate={merging} close={stopMerging} />}
    </Page>
  )
}
