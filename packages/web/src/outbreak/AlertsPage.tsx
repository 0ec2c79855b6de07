import { alertLevels, alertStates, outbreakApi, type VirusAlert } from '@vigie/domain/outbreak'
import {
  buttonClass,
  columns,
  DataTable,
  Empty,
  Icon,
  Link,
  load,
  Page,
  paths,
  query,
  sortedBy,
  useFormat,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { AlertStateTag, LevelTag, useMayDeclare } from './words.tsx'

const list = query(outbreakApi.listAlerts).list(sortedBy('-startsAt'))
export const loader = load(list)

const column = columns<VirusAlert>('outbreak.column')
const shown = [
  column.text('name', undefined, { main: true, minWidth: 180 }),
  column.cell('level', (alert) => <LevelTag alert={alert} />, { width: 220 }),
  column.cell('state', (alert) => <AlertStateTag state={alert.state} />, { width: 140 }),
  column.cell('startsAt', (alert) => <Moment at={alert.startsAt} />, { sort: true, width: 190 }),
  column.cell('endsAt', (alert) => <Moment at={alert.withdrawnAt ?? alert.endsAt} />, { width: 190 }),
  column.cell('source', (alert) => <Source alert={alert} />, { width: 160 }),
]
const filters: Filter[] = [
  { key: 'state', label: 'outbreak.column.state', options: alertStates.map((value) => ({ value, label: `alert-state.${value}` })) },
  { key: 'level', label: 'outbreak.column.level', options: alertLevels.map((value) => ({ value, label: `alert-level.${value}` })) },
]

const Moment = ({ at }: { at: string }) => <span className="figures">{useFormat().moment(at)}</span>
function Source({ alert }: { alert: VirusAlert }) {
  const say = useText()
  return <>{alert.declaredBy ?? say(alert.isFromFeed ? 'outbreak.source.feed' : 'outbreak.source.operator')}</>
}

/** EVT-5: the installation's virus alerts. */
export default function AlertsPage() {
  const say = useText()
  const loaded = useLoaded(list)
  const mayDeclare = useMayDeclare()
  const declare = mayDeclare && (
    <Link className={buttonClass('primary')} to={paths.newVirusAlert()}>
      <Icon name="plus" />
      <span>{say('outbreak.declare')}</span>
    </Link>
  )
  return (
    <Page
      title="outbreak.title"
      about="outbreak.about"
      fills
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      action={
        <>
          <Link className={buttonClass()} to={paths.outbreakRules()}>
            {say('outbreak.rules')}
          </Link>
          {mayDeclare && (
            <Link className={buttonClass()} to={paths.virusAlertFeed()}>
              {say('outbreak.feed')}
            </Link>
          )}
          {declare}
        </>
      }
    >
      <DataTable
        {...loaded}
        name="outbreak.title"
        columns={shown}
        sort="-startsAt"
        search="outbreak.search"
        filters={filters}
        opens={(alert) => paths.virusAlert({ alertId: alert.id })}
        empty={<Empty icon="check" title="outbreak.none" about="outbreak.none.about" action={declare} />}
      />
    </Page>
  )
}
