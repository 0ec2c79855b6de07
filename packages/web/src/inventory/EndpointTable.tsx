import { agentStates, families, platformKinds, productsApi, realTimeScanStates, type Endpoint } from '@vigie/domain/products'
import { Addresses } from '../consent/index.ts'
import {
  AgentStateTag,
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  Part,
  paths,
  query,
  SidePanel,
  sortedBy,
  useAddress,
  useLoaded,
  useQuietly,
  useText,
  type Action,
  type Column,
  type Filter,
} from '../kit/index.ts'
import { AgentVersionWord } from './AgentVersionWord.tsx'
import { EndpointDetail } from './EndpointDetail.tsx'
import { GroupWord, InfectionCount, MissingProtectionTag, OutdatedTag } from './words.tsx'
import { LastScan, Pattern, RealTimeScanTag } from './scan.tsx'
import { useEndpointCommands } from './useEndpointCommands.ts'

interface Fixed {
  customerId?: string
  productId?: string
}
export const endpointList = (fixed: Fixed = {}) => query(productsApi.listEndpoints).list(sortedBy('name', fixed as Record<string, string>))
export const inventorySummary = (fixed: Fixed = {}) => query(productsApi.summariseEndpoints).with({ query: fixed })
const catalogue = query(productsApi.getCatalogue).with({})

const column = columns<Endpoint>('inventory.column')
const name = column.cell('name', (endpoint) => <span title={endpoint.name}>{endpoint.name}</span>, {
  main: true,
  sort: true,
  minWidth: 180,
})
const customer = column.cell(
  'customerName',
  (endpoint) => <Link to={paths.customer({ customerId: endpoint.customerId })}>{endpoint.customerName}</Link>,
  { width: 150 },
)
const product = column.cell(
  'productName',
  (endpoint) => <Link to={paths.product({ productId: endpoint.productId })}>{endpoint.productName}</Link>,
  { width: 130, hidden: true },
)
const group = column.cell('group', (endpoint) => <GroupWord group={endpoint.group} label={endpoint.groupLabel} />, {
  width: 160,
  hidden: true,
})
const addresses = column.cell('addresses', (endpoint) => <Addresses of={endpoint.addresses} />, { width: 200, hidden: true })
const common = [
  column.cell('state', (endpoint) => <AgentStateTag state={endpoint.state} />, { width: 148 }),
  column.cell('openInfections', (endpoint) => <InfectionCount endpoint={endpoint} />, { width: 98, align: 'end', sort: true }),
  column.cell('realTimeScan', (endpoint) => <RealTimeScanTag state={endpoint.engine?.realTimeScan} />, { width: 156 }),
  column.cell('patternBuiltAt', (endpoint) => <Pattern engine={endpoint.engine} isOutdated={endpoint.outdated.includes('patterns')} />, {
    sort: true,
    width: 150,
  }),
  column.cell('lastScan', (endpoint) => <LastScan engine={endpoint.engine} />, { width: 108 }),
  column.ago('lastSeenAt', { sort: true, width: 130, freshForSeconds: ({ freshForSeconds }) => freshForSeconds }),
  column.cell('missingProtection', (endpoint) => <MissingProtectionTag missing={endpoint.missingProtection} />, {
    width: 256,
    hidden: true,
  }),
  column.cell('outdated', (endpoint) => <OutdatedTag outdated={endpoint.outdated} />, { width: 170, hidden: true }),
  column.text('platform', undefined, { width: 180, hidden: true }),
  column.text('engineVersion', (endpoint) => endpoint.engine?.engineVersion ?? null, { width: 120, hidden: true }),
  column.cell('agentVersion', ({ agentVersion }) => <AgentVersionWord version={agentVersion} />, { width: 170, hidden: true }),
  column.text('tags', (endpoint) => endpoint.tags.join(', '), { width: 160, hidden: true }),
  column.mono('agentId', undefined, { hidden: true }),
  column.cell(
    'fingerprint',
    (endpoint) => endpoint.fingerprint && <code title={endpoint.fingerprint}>{endpoint.fingerprint.slice(0, 12)}</code>,
    { width: 130, hidden: true },
  ),
  column.ago('collectedAt', { width: 136, hidden: true, freshForSeconds: ({ freshForSeconds }) => freshForSeconds }),
]
const shown = {
  all: [name, customer, product, group, addresses, ...common],
  customer: [name, product, group, addresses, ...common],
  product: [name, { ...addresses, isHidden: false, width: 150 }, group, ...common],
}

/** Who asks for what is wrong is shown what it is, in the place of what says less then. */
const told: readonly { filter: string; shows: string; hides: readonly string[] }[] = [
  { filter: 'isUnprotected', shows: 'missingProtection', hides: ['realTimeScan', 'lastScan'] },
  { filter: 'isOutdated', shows: 'outdated', hides: ['realTimeScan', 'lastScan'] },
]
function columnsFor(all: Column<Endpoint>[], search: Readonly<Record<string, string | undefined>>): Column<Endpoint>[] {
  const asked = told.filter(({ filter }) => search[filter] === 'true')
  return all.map((one) => {
    if (asked.some(({ shows }) => shows === one.id)) return { ...one, isHidden: false }
    return asked.some(({ hides }) => hides.includes(one.id)) ? { ...one, isHidden: true } : one
  })
}

/** The CSV has the columns that the list shows, in their order; beside the addresses those they had, and beside the last report whether it is older than promised (PRD-8). */
const beside: Partial<Record<string, string>> = { formerAddresses: 'addresses', isStale: 'lastSeenAt' }
const csvColumns = (ids: readonly string[]) =>
  ids.flatMap((id) => productsApi.endpointCsvColumns.filter((name) => name === id || beside[name] === id)).join(',')

const yesNo: Filter['options'] = [
  { value: 'true', label: 'common.yes' },
  { value: 'false', label: 'common.no' },
]
const protection: Filter[] = [
  { key: 'state', label: 'inventory.column.state', options: agentStates.map((value) => ({ value, label: `agent-state.${value}` })) },
  {
    key: 'realTimeScan',
    label: 'inventory.column.realTimeScan',
    options: realTimeScanStates.map((value) => ({ value, label: `real-time-scan.${value}` })),
  },
  { key: 'isInfected', label: 'inventory.infected', isSingle: true, options: yesNo },
  { key: 'isUnprotected', label: 'inventory.column.missingProtection', isSingle: true, options: yesNo },
  { key: 'isOutdated', label: 'inventory.column.outdated', isSingle: true, options: yesNo },
  {
    key: 'silentDays',
    label: 'inventory.silent',
    isSingle: true,
    options: [1, 3, 7, 14, 30, 90].map((days) => ({ value: String(days), label: { key: 'inventory.silent.days', values: { days } } })),
  },
  { key: 'platformKind', label: 'inventory.kind', options: platformKinds.map((value) => ({ value, label: `platform-kind.${value}` })) },
]
/** Over the list of everything they have a place of their own (`QuickFilters`); as chips they stand only while they are on. */
const quickKeys = new Set(['isInfected', 'isUnprotected', 'isOutdated'])
const familyFilter: Filter = {
  key: 'family',
  label: 'inventory.family',
  options: families.map((value) => ({ value, label: `family.${value}` })),
}

/** What depends on the business: its types, its customers' tags, its agents' versions. */
function useFoundFilters(fixed: Fixed): Filter[] {
  const say = useText()
  const types = useQuietly(catalogue)?.types ?? []
  const summary = useQuietly(inventorySummary(fixed))
  const words = (values: readonly string[]) => values.map((value) => ({ value, label: { text: value } }))
  const type: Filter = {
    key: 'typeId',
    label: 'inventory.product-type',
    options: types
      .filter((one) => one.isConnectable || one.isSimulated)
      .map((one) => ({ value: one.id, label: say.has(`product-type.${one.id}.name`) ? `product-type.${one.id}.name` : { text: one.id } })),
  }
  return [
    ...(fixed.productId ? [] : [type, familyFilter]),
    ...(fixed.productId || fixed.customerId || !summary?.tags.length
      ? []
      : [{ key: 'tag', label: 'inventory.column.tags', options: words(summary.tags) }]),
    ...((summary?.agentVersions.length ?? 0) > 1
      ? [{ key: 'agentVersion', label: 'inventory.column.agentVersion', isSingle: true, options: words(summary!.agentVersions) }]
      : []),
  ]
}

interface Props {
  fixed?: Fixed
  filters?: Filter[]
  /** What else may be done with several; brings the boxes to tick. */
  bulk?: (rows: Endpoint[]) => Action[]
  /** What else may be done with one. */
  more?: (endpoint: Endpoint) => Action[]
}

/** Endpoints, the opened one beside. @param fixed whose; nothing: all that one may see (INV-1) */
export function EndpointTable({ fixed = {}, filters: extra = [], bulk, more }: Props) {
  const say = useText()
  const at = useAddress()
  const asking = endpointList(fixed)
  const list = useLoaded(asking)
  const commands = useEndpointCommands()
  const found = useFoundFilters(fixed)
  const hasQuick = !fixed.productId && !fixed.customerId
  const set = fixed.productId ? shown.product : fixed.customerId ? shown.customer : shown.all
  return (
    <>
      <DataTable
        {...list}
        name="inventory.title"
        columns={columnsFor(set, at.search)}
        sort="name"
        search="inventory.search"
        filters={[...extra, ...protection.filter(({ key }) => !hasQuick || !quickKeys.has(key) || at.search[key]), ...found]}
        {...(fixed.customerId === undefined && fixed.productId === undefined ? { views: 'inventory' as const } : {})}
        csv={(ids) => `${csvOf(productsApi.exportEndpoints, asking(at))}&columns=${csvColumns(ids)}`}
        actions={(endpoint) => [...commands(endpoint), ...(more?.(endpoint) ?? [])]}
        {...(bulk ? { bulk } : {})}
        opens={(endpoint) => `?endpoint=${endpoint.id}`}
        openId={at.search['endpoint']}
        empty={
          <Empty
            icon="inventory"
            title="inventory.none"
            about="inventory.none.about"
            action={<Link to={paths.missingEndpoint()}>{say('inventory.missing.link')}</Link>}
          />
        }
      />
      <SidePanel param="endpoint" label={{ text: say('common.endpoint') }} ids={list.rows.map((endpoint) => endpoint.id)}>
        {(id) => (
          <Part key={id}>
            <EndpointDetail endpointId={id} />
          </Part>
        )}
      </SidePanel>
    </>
  )
}
