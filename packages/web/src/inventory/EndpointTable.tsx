import { agentStates, productsApi, realTimeScanStates, type Endpoint } from '@vigie/domain/products'
import {
  AgentStateTag, columns, csvOf, DataTable, Empty, Link, Part, paths, query, SidePanel, sortedBy, useAddress, useLoaded, useText, type Filter,
} from '../kit/index.ts'
import { EndpointDetail } from './EndpointDetail.tsx'
import { GroupWord, InfectionCount } from './words.tsx'
import { LastScan, Pattern, RealTimeScanTag } from './scan.tsx'
import { useEndpointCommands } from './useEndpointCommands.ts'

interface Fixed {
  customerId?: string
  productId?: string
}
export const endpointList = (fixed: Fixed = {}) => query(productsApi.listEndpoints).list(sortedBy('name', fixed as Record<string, string>))

const column = columns<Endpoint>('inventory.column')
const name = column.cell('name', (endpoint) => <span title={endpoint.name}>{endpoint.name}</span>, { main: true, sort: true, minWidth: 180 })
const customer = column.cell('customerName', (endpoint) => <Link to={paths.customer({ customerId: endpoint.customerId })}>{endpoint.customerName}</Link>, { width: 150 })
const common = [
  column.cell('state', (endpoint) => <AgentStateTag state={endpoint.state} />, { width: 152 }),
  column.cell('openInfections', (endpoint) => <InfectionCount endpoint={endpoint} />, { width: 90, align: 'end', sort: true }),
  column.cell('realTimeScan', (endpoint) => <RealTimeScanTag state={endpoint.engine?.realTimeScan} />, { width: 164 }),
  column.cell('patternBuiltAt', (endpoint) => <Pattern engine={endpoint.engine} />, { sort: true, width: 135 }),
  column.cell('lastScan', (endpoint) => <LastScan engine={endpoint.engine} />, { width: 108 }),
  column.ago('lastSeenAt', { sort: true, width: 126 }),
  column.text('addresses', (endpoint) => endpoint.addresses.join(', '), { width: 200, hidden: true }),
  column.text('platform', undefined, { width: 180, hidden: true }),
  column.cell('group', (endpoint) => <GroupWord group={endpoint.group} />, { width: 160, hidden: true }),
  column.text('engineVersion', (endpoint) => endpoint.engine?.engineVersion ?? null, { width: 120, hidden: true }),
  column.ago('collectedAt', { width: 130, hidden: true }),
]
const addresses = common.find(({ id }) => id === 'addresses')!
const shown = {
  all: [name, customer, ...common],
  customer: [name, ...common],
  product: [name, { ...addresses, isHidden: false, width: 150 }, ...common.filter((one) => one !== addresses)],
}

const filters: Filter[] = [
  { key: 'state', label: 'inventory.column.state', options: agentStates.map((value) => ({ value, label: `agent-state.${value}` })) },
  { key: 'realTimeScan', label: 'inventory.column.realTimeScan', options: realTimeScanStates.map((value) => ({ value, label: `real-time-scan.${value}` })) },
  { key: 'isInfected', label: 'inventory.infected', isSingle: true, options: [{ value: 'true', label: 'common.yes' }, { value: 'false', label: 'common.no' }] },
]

/** Endpoints, the opened one beside. @param fixed whose; nothing: all that one may see (INV-1) */
export function EndpointTable({ fixed = {}, filters: more = [] }: { fixed?: Fixed; filters?: Filter[] }) {
  const say = useText()
  const at = useAddress()
  const asking = endpointList(fixed)
  const list = useLoaded(asking)
  const actions = useEndpointCommands()
  return (
    <>
      <DataTable
        {...list}
        name="inventory.title"
        columns={fixed.productId ? shown.product : fixed.customerId ? shown.customer : shown.all}
        sort="name"
        search="inventory.search"
        filters={[...filters, ...more]}
        csv={csvOf(productsApi.exportEndpoints, asking(at))}
        actions={actions}
        opens={(endpoint) => `?endpoint=${endpoint.id}`}
        openId={at.search['endpoint']}
        empty={<Empty icon="inventory" title="inventory.none" about="inventory.none.about" />}
      />
      <SidePanel param="endpoint" label={{ text: say('common.endpoint') }} ids={list.rows.map((endpoint) => endpoint.id)}>
        {(id) => <Part key={id}><EndpointDetail endpointId={id} /></Part>}
      </SidePanel>
    </>
  )
}
