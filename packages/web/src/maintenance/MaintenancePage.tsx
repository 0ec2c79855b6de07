import { maintenanceApi, targetKinds, windowStates, type MaintenanceWindow } from '@vigie/domain/maintenance'
import {
  buttonClass,
  columns,
  csvOf,
  DataTable,
  Empty,
  Icon,
  Link,
  load,
  Page,
  Part,
  paths,
  query,
  SidePanel,
  StateTag,
  useActor,
  useAddress,
  useCustomerFilter,
  useFormat,
  useLoaded,
  useOriginFilters,
  useText,
  type Filter,
} from '../kit/index.ts'
import { scheduleWords, targetWords } from './words.ts'
import { useWindowActions } from './useWindowActions.tsx'
import { WindowDetail } from './WindowDetail.tsx'

const list = query(maintenanceApi.listWindows).list()
export const loader = load(list)

export const stateTones = { now: 'pending', next: 'quiet', over: 'quiet' } as const

const column = columns<MaintenanceWindow>('maintenance.column')
const shown = [
  column.text('name', (window) => window.name, { main: true, minWidth: 195, sort: true }),
  column.cell('state', (window) => <StateTag label={`maintenance-state.${window.state}`} tone={stateTones[window.state]} />, {
    width: 104,
  }),
  column.cell('target', (window) => <TargetWords window={window} />, { width: 190 }),
  column.cell('startsAt', (window) => <Moment at={window.occurrence?.startsAt} />, { width: 174, sort: true }),
  column.cell('endsAt', (window) => <Moment at={window.occurrence?.endsAt} />, { width: 174 }),
  column.cell('schedule', (window) => <ScheduleWords window={window} />, { minWidth: 195 }),
  column.count('silentCount', { width: 96 }),
  column.text('createdBy', undefined, { width: 140, hidden: true }),
]
const filters: Filter[] = [
  {
    key: 'state',
    label: 'maintenance.column.state',
    options: windowStates.map((value) => ({ value, label: `maintenance-state.${value}` })),
  },
  {
    key: 'target',
    label: 'maintenance.column.target',
    options: targetKinds.map((value) => ({ value, label: `maintenance-target.${value}` })),
  },
]

const TargetWords = ({ window }: { window: MaintenanceWindow }) => <>{targetWords(useText(), window)}</>
function ScheduleWords({ window }: { window: MaintenanceWindow }) {
  const words = scheduleWords(useText(), window.schedule, window.timeZone)
  return <span title={words}>{words}</span>
}
function Moment({ at }: { at: string | undefined }) {
  const { moment } = useFormat()
  return at === undefined ? <span className="faint">–</span> : <span className="figures">{moment(at)}</span>
}

/** EVT-9: when work is planned and events are silent; what is now, what comes next. */
export default function MaintenancePage() {
  const say = useText()
  const actor = useActor()
  const at = useAddress()
  const loaded = useLoaded(list)
  const actions = useWindowActions()
  const origin = [...useCustomerFilter(), ...useOriginFilters()].filter(({ key }) => key !== 'endpointId')
  const { customerId, productId } = at.search
  const add = actor.can('maintenance.update') && (
    <Link
      className={buttonClass('primary')}
      to={paths.maintenanceWindow({ windowId: 'new', ...(customerId ? { customerId } : {}), ...(productId ? { productId } : {}) })}
    >
      <Icon name="plus" />
      <span>{say('maintenance.new')}</span>
    </Link>
  )
  return (
    <Page
      title="maintenance.title"
      about="maintenance.about"
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      fills
      action={add}
    >
      <DataTable
        {...loaded}
        name="maintenance.title"
        columns={shown}
        sort="startsAt"
        search="maintenance.search"
        filters={[...filters, ...origin]}
        csv={csvOf(maintenanceApi.exportWindows, list(at))}
        actions={actions}
        opens={(window) => `?window=${window.id}`}
        openId={at.search['window']}
        empty={<Empty icon="clock" title="maintenance.none" about="maintenance.none.about" action={add} />}
      />
      <SidePanel param="window" label="maintenance.one" ids={loaded.rows.map(({ id }) => id)}>
        {(id) => (
          <Part key={id}>
            <WindowDetail windowId={id} />
          </Part>
        )}
      </SidePanel>
    </Page>
  )
}
