import type { DragEvent } from 'react'
import { useActor, useText, type Action } from '../../kit/index.ts'
import { groupWord } from '../groups.ts'
import css from '../products.module.css'
import { useGroupDeeds } from '../useGroupDeeds.ts'
import { useTree } from './context.ts'
import { dragType } from './EndpointNode.tsx'
import { Node } from './Node.tsx'
import type { Row } from './rows.ts'

/** A group: how many endpoints; takes endpoints of its own product that are dropped on it. */
export function GroupNode({ row }: { row: Row & { kind: 'group' } }) {
  const say = useText()
  const actor = useActor()
  const tree = useTree()
  const deeds = useGroupDeeds()
  const { entry, group } = row
  const words = groupWord(say, group)
  const mayChange = actor.can('endpoint.update')
  const actions: Action[] = !mayChange
    ? []
    : [
        {
          label: 'products.group.move-all',
          icon: 'chevronRight',
          disabledReason: group.endpointCount === 0 ? 'products.group.empty' : undefined,
          onSelect: () => tree.ask({ kind: 'move', entry, from: { group } }),
        },
        {
          label: 'products.group.rename',
          icon: 'edit',
          disabledReason: group.label === null ? 'problem.group.is-default' : undefined,
          onSelect: () => tree.ask({ kind: 'rename-group', entry, group }),
        },
        {
          label: 'products.group.delete',
          icon: 'trash',
          isDangerous: true,
          disabledReason: group.label === null ? 'problem.group.is-default' : undefined,
          onSelect: () => deeds.remove(entry.product.id, group),
        },
      ]
  const drop = mayChange && {
    takes: (event: DragEvent) => event.dataTransfer.types.includes(dragType(entry.product.id)),
    take: (event: DragEvent) => {
      const id = event.dataTransfer.getData(dragType(entry.product.id))
      if (id) void deeds.move(entry.product.id, group, { endpointIds: [id] })
    },
  }
  return (
    <Node
      {...row}
      label={words}
      name={
        <button
          type="button"
          className={css.groupName}
          tabIndex={-1}
          data-open
          onClick={() => row.isOpen !== undefined && tree.toggle(row.id)}
        >
          {words}
        </button>
      }
      right={<span className="faint figures">{say('common.endpoints', { count: group.endpointCount })}</span>}
      actions={actions}
      {...(drop ? { drop } : {})}
    />
  )
}
