import { productsApi, type EndpointGroup, type Product } from '@vigie/domain/products'
import { useState } from 'react'
import {
  Button,
  columns,
  DataTable,
  paths,
  toast,
  trouble,
  useAction,
  useActor,
  useGo,
  useLoaded,
  useText,
  type Action,
} from '../kit/index.ts'
import { GroupNameDialog, MoveDialog } from './GroupDialogs.tsx'
import { groupWord } from './groups.ts'
import { groupsOf, useGroupDeeds } from './useGroupDeeds.ts'

const column = columns<EndpointGroup & { isForNew: boolean }>('products.group.column')
const shown = [
  column.cell('name', (group) => <GroupName group={group} />, { main: true }),
  column.count('endpointCount', { width: 130 }),
  column.cell('isForNew', (group) => group.isForNew && <NewHere />, { width: 260 }),
]
function GroupName({ group }: { group: EndpointGroup }) {
  return <>{groupWord(useText(), group)}</>
}
function NewHere() {
  return <>{useText()('products.group.new-here')}</>
}

type Open = { kind: 'add' } | { kind: 'rename' | 'move'; group: EndpointGroup } | null

/** PRD-3: groups of a product: one's own are added, renamed and deleted; the default ones stay. Which one takes new endpoints. */
export function GroupsTab({ product }: { product: Product }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const { rows, newEndpointGroup } = useLoaded(groupsOf(product.id))
  const setting = useAction(productsApi.setNewEndpointGroup)
  const deeds = useGroupDeeds()
  const [open, setOpen] = useState<Open>(null)
  const mayChange = actor.can('endpoint.update')
  const setNew = (group: string | null) =>
    setting
      .run({ params: { productId: product.id }, body: { group } }, { version: product.version })
      .then(() => toast('kit.saved'), trouble)
  const actions = (group: EndpointGroup & { isForNew: boolean }): Action[] => [
    {
      label: 'products.group.show',
      icon: 'inventory',
      onSelect: () => void go(`?${new URLSearchParams({ tab: 'endpoints', group: group.name })}`),
    },
    ...(!mayChange
      ? []
      : [
          group.isForNew
            ? { label: 'products.group.new-by-platform', icon: 'refresh' as const, onSelect: () => void setNew(null) }
            : { label: 'products.group.set-new', icon: 'check' as const, onSelect: () => void setNew(group.name) },
          {
            label: 'products.group.move-all',
            icon: 'chevronRight' as const,
            disabledReason: group.endpointCount === 0 ? 'products.group.empty' : undefined,
            onSelect: () => setOpen({ kind: 'move', group }),
          },
          {
            label: 'products.group.rename',
            icon: 'edit' as const,
            disabledReason: group.label === null ? 'problem.group.is-default' : undefined,
            onSelect: () => setOpen({ kind: 'rename', group }),
          },
          {
            label: 'products.group.delete',
            icon: 'trash' as const,
            isDangerous: true,
            disabledReason: group.label === null ? 'problem.group.is-default' : undefined,
            onSelect: () => deeds.remove(product.id, group),
          },
        ]),
  ]
  const close = () => setOpen(null)
  return (
    <>
      <DataTable
        name="products.tab.groups"
        rows={rows.map((group) => ({ ...group, isForNew: group.name === newEndpointGroup }))}
        rowId={(group) => group.name}
        columns={shown}
        actions={actions}
        opens={(group) => paths.product({ productId: product.id, tab: 'endpoints', group: group.name })}
        tools={
          <>
            <span className="faint">
              {say(newEndpointGroup === null ? 'products.group.new-are-by-platform' : 'products.group.new-are-in-one')}
            </span>
            {mayChange && (
              <Button icon="plus" onClick={() => setOpen({ kind: 'add' })}>
                {say('products.group.add')}
              </Button>
            )}
          </>
        }
      />
      {open?.kind === 'add' && <GroupNameDialog productId={product.id} close={close} />}
      {open?.kind === 'rename' && <GroupNameDialog productId={product.id} group={open.group} close={close} />}
      {open?.kind === 'move' && (
        <MoveDialog
          productId={product.id}
          groups={rows}
          from={open.group.name}
          what={{ filter: { group: open.group.name } }}
          close={close}
        />
      )}
    </>
  )
}
