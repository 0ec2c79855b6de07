import { identityApi, type Merge } from '@vigie/domain/identity'
import {
  columns,
  confirm,
  DataTable,
  Empty,
  Link,
  paths,
  query,
  sortedBy,
  StateTag,
  toast,
  useAction,
  useActor,
  useCustomerFilter,
  useLoaded,
  type Action,
} from '../kit/index.ts'

export const mergeList = query(identityApi.listMerges).list(sortedBy('-mergedAt'))

const column = columns<Merge>('identity.merge-column')
const shown = [
  column.cell(
    'mergedName',
    (merge) => (
      <span title={merge.mergedName}>
        {merge.mergedName} <span className="faint">{merge.productName}</span>
      </span>
    ),
    { main: true, minWidth: 200 },
  ),
  column.cell(
    'endpointName',
    (merge) =>
      merge.canUndo ? (
        <Link to={paths.endpoint({ endpointId: merge.endpointId })}>{merge.endpointName}</Link>
      ) : (
        <span>{merge.endpointName}</span>
      ),
    { minWidth: 160 },
  ),
  column.cell('customerName', (merge) => <Link to={paths.customer({ customerId: merge.customerId })}>{merge.customerName}</Link>, {
    width: 180,
  }),
  column.cell(
    'state',
    (merge) => (
      <StateTag
        label={merge.undoneAt ? 'identity.merge.undone' : merge.canUndo ? 'identity.merge.stands' : 'identity.merge.gone'}
        tone={merge.canUndo ? 'good' : 'quiet'}
      />
    ),
    { width: 140 },
  ),
  column.ago('mergedAt', { sort: true, width: 130 }),
  column.text('mergedBy', undefined, { width: 150 }),
]

/** What was merged, by whom; each may be taken back. */
export function MergeList() {
  const actor = useActor()
  const loaded = useLoaded(mergeList)
  const filters = useCustomerFilter()
  const undoing = useAction(identityApi.undoMerge)
  const actions = (merge: Merge): Action[] =>
    actor.can('identity.heal')
      ? [
          {
            label: 'identity.split',
            icon: 'refresh',
            disabledReason: merge.canUndo ? undefined : merge.undoneAt ? 'problem.merge.undone-already' : 'problem.merge.gone',
            onSelect: () =>
              confirm({
                title: { key: 'identity.split.title', values: { one: merge.mergedName, other: merge.endpointName } },
                consequence: 'identity.split.consequence',
                action: 'identity.split',
                async run() {
                  await undoing.run({ params: { mergeId: merge.id } })
                  toast({ key: 'identity.split.done', values: { name: merge.mergedName } })
                },
              }),
          },
        ]
      : []
  return (
    <DataTable
      {...loaded}
      name="identity.merges"
      columns={shown}
      sort="-mergedAt"
      search="identity.search"
      filters={filters}
      actions={actions}
      empty={<Empty icon="inventory" title="identity.merges.none" about="identity.merges.none.about" />}
    />
  )
}
