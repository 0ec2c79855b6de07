import { canGiveUp, identityApi, switchStates, type ConnectionSwitch } from '@vigie/domain/identity'
import {
  Ago,
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
  sortedBy,
  StateTag,
  useAddress,
  useCustomerFilter,
  useLoaded,
  useOriginFilters,
  type Filter,
} from '../kit/index.ts'
import { SwitchDetail } from './SwitchDetail.tsx'
import { switchTones } from './words.ts'

const list = query(identityApi.listSwitches).list(sortedBy('-createdAt'))
export const loader = load(list)

const column = columns<ConnectionSwitch>('identity.switch-column')
const shown = [
  column.cell('productName', (one) => <Link to={paths.product({ productId: one.productId })}>{one.productName}</Link>, {
    main: true,
    minWidth: 140,
  }),
  column.cell('customerName', (one) => <Link to={paths.customer({ customerId: one.customerId })}>{one.customerName}</Link>, {
    minWidth: 140,
  }),
  column.cell('server', (one) => <span className="mono">{one.server.replace(/^https:\/\//, '')}</span>, { minWidth: 160 }),
  column.cell('state', (one) => <StateTag label={`switch-state.${one.state}`} tone={switchTones[one.state]} />, { width: 200 }),
  column.cell(
    'agents',
    (one) => (
      <span className="figures">
        {canGiveUp(one.state) ? one.preparedCount : one.switchedCount} / {one.agentCount}
      </span>
    ),
    { width: 110, align: 'end' },
  ),
  column.cell('createdAt', (one) => <Ago at={one.createdAt} />, { sort: true, width: 130 }),
  column.text('createdBy', undefined, { width: 150 }),
]

/** AGT-11: fleets on their way to another installation or product: how far, who is missing, the way back. */
export default function SwitchesPage() {
  const at = useAddress()
  const loaded = useLoaded(list)
  const states: Filter = {
    key: 'state',
    label: 'column.state',
    options: switchStates.map((value) => ({ value, label: `switch-state.${value}` })),
  }
  const filters = [states, ...useCustomerFilter(), ...useOriginFilters()].filter((filter) => filter.key !== 'endpointId')
  return (
    <Page title="identity.switches" about="identity.switches.about" crumbs={[{ label: 'inventory.title', to: paths.inventory() }]} fills>
      <DataTable
        {...loaded}
        name="identity.switches"
        columns={shown}
        sort="-createdAt"
        filters={filters}
        csv={csvOf(identityApi.exportSwitches, list(at))}
        opens={(one) => `?switch=${one.id}`}
        openId={at.search['switch']}
        empty={<Empty icon="inventory" title="identity.switches.none" about="identity.switches.none.about" />}
      />
      <SidePanel param="switch" label="identity.switch" ids={loaded.rows.map((one) => one.id)}>
        {(id) => {
          const one = loaded.rows.find((row) => row.id === id)
          return <Part key={id}>{one ? <SwitchDetail one={one} /> : <Elsewhere id={id} />}</Part>
        }}
      </SidePanel>
    </Page>
  )
}

/** One that the list does not show: of another page, or left out by a filter. */
function Elsewhere({ id }: { id: string }) {
  return <SwitchDetail one={useLoaded(query(identityApi.getSwitch).with({ params: { switchId: id } }))} />
}
