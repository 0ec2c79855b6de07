import { auditApi, type AuditRecord } from '@vigie/domain/audit'
import { activity, AuditDetail, objectText } from '../audit/index.ts'
import {
  buttonClass,
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  paths,
  query,
  SidePanel,
  sortedBy,
  useAddress,
  useLoaded,
  useText,
} from '../kit/index.ts'

export const activityOf = (customerId: string) => query(auditApi.listAudit).list(sortedBy('-sequence', { customerId }))

const column = columns<AuditRecord>('customers.activity')
const shown = [
  column.cell('what', (record) => <What record={record} />, { main: true, width: 280 }),
  column.cell('object', (record) => <Thing record={record} />),
  column.text('by', (record) => record.actor.name, { width: 200 }),
  column.ago('at', { width: 130 }),
]
function What({ record }: { record: AuditRecord }) {
  return <>{activity(useText(), record.activity)}</>
}
function Thing({ record }: { record: AuditRecord }) {
  return <>{objectText(useText(), record.object)}</>
}

/** ACC-11: what was done about this customer, by whom. */
export function ActivityTab({ customerId }: { customerId: string }) {
  const say = useText()
  const at = useAddress()
  const list = activityOf(customerId)
  const loaded = useLoaded(list)
  return (
    <>
      <DataTable
        {...loaded}
        name="customers.tab.activity"
        columns={shown}
        sort="-sequence"
        opens={(record) => `?record=${record.id}`}
        openId={at.search['record']}
        csv={csvOf(auditApi.exportAudit, list(at))}
        tools={
          <Link className={buttonClass()} to={paths.auditLog({ customerId })}>
            {say('customers.activity.all')}
          </Link>
        }
        empty={<Empty icon="clock" title="customers.activity.none" />}
      />
      <SidePanel param="record" label="customers.activity.one" ids={loaded.rows.map((record) => record.id)}>
        {(id) => <AuditDetail key={id} record={loaded.rows.find((record) => record.id === id)} />}
      </SidePanel>
    </>
  )
}
