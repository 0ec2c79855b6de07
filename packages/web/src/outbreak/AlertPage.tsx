import { concernKinds, outbreakApi, type ConcernedEndpoint, type VirusAlert } from '@vigie/domain/outbreak'
import type { ReactNode } from 'react'
import {
  Button,
  columns,
  confirm,
  csvOf,
  DataTable,
  Empty,
  Facts,
  Link,
  load,
  Notice,
  Page,
  Panel,
  paths,
  query,
  Section,
  sortedBy,
  Stack,
  toast,
  useAction,
  useActor,
  useAddress,
  useCustomerFilter,
  useFormat,
  useGo,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import css from './outbreak.module.css'
import { AlertStateTag, LevelTag, useMayDeclare } from './words.tsx'

const one = query(outbreakApi.getAlert).at((at) => ({ params: { alertId: at.params['alertId']! } }))
const endpoints = query(outbreakApi.listAlertEndpoints).list((at) => ({
  params: { alertId: at.params['alertId']! },
  ...(sortedBy('name')(at) as object),
}))
export const loader = load(one, endpoints)

const column = columns<ConcernedEndpoint>('outbreak.endpoint')
const shown = [
  column.cell('name', (row) => <Link to={paths.endpoint({ endpointId: row.id })}>{row.name}</Link>, {
    main: true,
    sort: 'name',
    minWidth: 160,
  }),
  column.cell('customer', (row) => <Link to={paths.customer({ customerId: row.customerId })}>{row.customerName}</Link>, { width: 200 }),
  column.cell('realTimeScan', (row) => <Words of={`real-time-scan.${row.realTimeScan}`} />, { width: 170 }),
  column.ago('patternBuiltAt', { width: 150, never: 'outbreak.endpoint.pattern-unknown' }),
  column.count('openInfections', { width: 130, to: (row) => paths.detections({ endpointId: row.id }) }),
  column.text('platform', undefined, { width: 180, hidden: true }),
]
const filters: Filter[] = [
  {
    key: 'kind',
    label: 'outbreak.endpoint.kind',
    options: concernKinds.map((value) => ({ value, label: `outbreak.kind.${value}` })),
    isSingle: true,
  },
]
const Words = ({ of }: { of: string }) => <>{useText()(of)}</>

/** One alert: what it says, whom it concerns here, what one can do about it. */
export default function AlertPage() {
  const at = useAddress()
  const alert = useLoaded(one)
  const list = useLoaded(endpoints)
  const customer = useCustomerFilter()
  return (
    <Page
      title={{ text: alert.name }}
      crumbs={[{ label: 'outbreak.title', to: paths.virusAlerts() }]}
      sign={<LevelTag alert={alert} />}
      action={<Actions alert={alert} />}
    >
      <Stack>
        {alert.advice !== '' && (
          <Notice title="outbreak.advice">
            <p className={css.advice}>{alert.advice}</p>
          </Notice>
        )}
        <Panel>
          <What alert={alert} />
        </Panel>
        <Section title="outbreak.endpoints" about={`outbreak.endpoints.${at.search['kind'] === 'to-clean' ? 'to-clean' : 'vulnerable'}`}>
          <DataTable
            {...list}
            name="outbreak.endpoints"
            columns={shown}
            sort="name"
            search="outbreak.endpoint.search"
            filters={[...filters, ...customer]}
            csv={csvOf(outbreakApi.exportAlertEndpoints, endpoints(at))}
            empty={<Empty icon="check" title="outbreak.endpoints.none" />}
          />
        </Section>
      </Stack>
    </Page>
  )
}

function What({ alert }: { alert: VirusAlert }) {
  const say = useText()
  const { moment } = useFormat()
  const listed = (label: string, list: readonly (string | number)[]): [string, ReactNode][] =>
    list.length === 0
      ? []
      : [
          [
            label,
            <span key={label} className={css.lists}>
              {list.join(', ')}
            </span>,
          ],
        ]
  return (
    <Facts
      facts={[
        ['outbreak.column.state', <AlertStateTag key="state" state={alert.state} />],
        ['outbreak.column.startsAt', moment(alert.startsAt)],
        [alert.withdrawnAt === null ? 'outbreak.column.endsAt' : 'outbreak.withdrawn-at', moment(alert.withdrawnAt ?? alert.endsAt)],
        [
          'outbreak.platforms',
          alert.platforms.length === 0
            ? say('outbreak.platforms.all')
            : alert.platforms.map((one) => say(`alert-platform.${one}`)).join(', '),
        ],
        ['outbreak.recognised-from', alert.recognisedFrom === null ? say('outbreak.recognised-from.never') : moment(alert.recognisedFrom)],
        ...listed('outbreak.threats', alert.threats),
        ...listed('outbreak.ports', alert.ports),
        ...listed('outbreak.folders', alert.folders),
        ...listed('outbreak.attachments', alert.attachments),
        ['outbreak.column.source', alert.declaredBy ?? say(alert.isFromFeed ? 'outbreak.source.feed' : 'outbreak.source.operator')],
      ]}
    />
  )
}

function Actions({ alert }: { alert: VirusAlert }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const mayDeclare = useMayDeclare()
  const withdraw = useAction(outbreakApi.withdrawAlert)
  if (alert.state === 'ended' || alert.state === 'withdrawn') return null
  const ask = () =>
    confirm({
      title: { key: 'outbreak.withdraw.title', values: { name: alert.name } },
      consequence: 'outbreak.withdraw.consequence',
      undo: 'outbreak.withdraw.undo',
      action: 'outbreak.withdraw',
      async run() {
        await withdraw.run({ params: { alertId: alert.id } })
        toast('outbreak.withdrawn')
      },
    })
  const closes = alert.ports.length > 0
  return (
    <>
      {mayDeclare && <Button onClick={ask}>{say('outbreak.withdraw')}</Button>}
      {mayDeclare && (
        <Button
          onClick={() => void go(paths.editVirusAlert({ alertId: alert.id }))}
          disabledReason={alert.isFromFeed ? say('problem.alert.of-feed') : undefined}
        >
          {say('outbreak.edit')}
        </Button>
      )}
      {actor.can('order.send') && (
        <Button
          kind="primary"
          onClick={() => void go(paths.newOrder({ type: 'start-outbreak-defence', ports: alert.ports.join(',') }))}
          disabledReason={closes ? undefined : say('outbreak.start.nothing')}
        >
          {say('outbreak.start')}
        </Button>
      )}
    </>
  )
}
