import { auditApi, auditSources, type AuditRecord } from '@vigie/domain/audit'
import { useMemo } from 'react'
import {
  columns,
  csvOf,
  DataTable,
  Empty,
  load,
  Page,
  paths,
  query,
  SidePanel,
  sortedBy,
  useAddress,
  useCustomerFilter,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { activity, category, objectText } from './activity.ts'
import { AuditDetail } from './AuditDetail.tsx'
import { usePeriodFilter } from './period.ts'
import { Verify } from './Verify.tsx'

const list = query(auditApi.listAudit).list(sortedBy('-sequence'))
export const loader = load(list)

const column = columns<AuditRecord>('audit.column')
const shown = [
  column.cell('activity', (record) => <Activity record={record} />, { main: true, width: 260 }),
  column.cell('object', (record) => <Thing record={record} />),
  column.text('actor', (record) => record.actor.name, { width: 220 }),
  column.cell('source', (record) => <Word of={`audit-source.${record.source}`} />, { width: 130 }),
  column.text('address', undefined, { width: 140 }),
  column.ago('at', { width: 130 }),
  column.cell('sequence', (record) => <span className="figures">{record.sequence}</span>, { width: 90, align: 'end', sort: true }),
]
const categories = [
  'setup',
  'session',
  'mfa',
  'password',
  'account',
  'business',
  'customer',
  'contact',
  'product',
  'agent',
  'event',
  'index',
  'command',
  'delivery',
  'audit',
  'permission',
]

function Activity({ record }: { record: AuditRecord }) {
  const words = activity(useText(), record.activity)
  return <span title={words}>{words}</span>
}
function Thing({ record }: { record: AuditRecord }) {
  const words = objectText(useText(), record.object)
  return <span title={words}>{words}</span>
}
function Word({ of }: { of: string }) {
  return <>{useText()(of)}</>
}

/** ACC-11: who did what to which, from where; and that nobody has altered it since. */
export default function AuditPage() {
  const say = useText()
  const at = useAddress()
  const loaded = useLoaded(list)
  const customer = useCustomerFilter()
  const period = usePeriodFilter()
  const { actorId } = at.search
  const filters = useMemo<Filter[]>(
    () => [
      {
        key: 'category',
        label: 'audit.column.category',
        isSingle: true,
        options: categories.map((value) => ({ value, label: { text: category(say, value) } })),
      },
      {
        key: 'source',
        label: 'audit.column.source',
        isSingle: true,
        options: auditSources.map((value) => ({ value, label: `audit-source.${value}` })),
      },
    ],
    [say],
  )
  const actorFilter: Filter[] = actorId
    ? [
        {
          key: 'actorId',
          label: 'audit.column.actor',
          isSingle: true,
          options: [{ value: actorId, label: { text: loaded.rows.find((record) => record.actor.id === actorId)?.actor.name ?? '…' } }],
        },
      ]
    : []
  return (
    <Page
      title="audit.title"
      about="audit.about"
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      action={<Verify />}
      fills
    >
      <DataTable
        {...loaded}
        name="audit.title"
        columns={shown}
        sort="-sequence"
        search="audit.search"
        filters={[period, ...filters, ...customer, ...actorFilter]}
        csv={csvOf(auditApi.exportAudit, list(at))}
        opens={(record) => `?record=${record.id}`}
        openId={at.search['record']}
        empty={<Empty icon="clock" title="audit.none" />}
      />
      <SidePanel param="record" label="audit.one" ids={loaded.rows.map((record) => record.id)}>
        {(id) => <AuditDetail key={id} record={loaded.rows.find((record) => record.id === id)} />}
      </SidePanel>
    </Page>
  )
}
