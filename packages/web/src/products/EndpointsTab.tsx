import type { Product } from '@vigie/domain/products'
import { useState } from 'react'
import { EndpointTable } from '../inventory/index.ts'
import { useActor, useLoaded, useText, type Action, type Filter } from '../kit/index.ts'
import { MoveDialog } from './GroupDialogs.tsx'
import { groupWord } from './groups.ts'
import { groupsOf } from './useGroupDeeds.ts'

/** PRD-4: a product's endpoints, by group; one or several are moved to another group. */
export function EndpointsTab({ product }: { product: Product }) {
  const say = useText()
  const actor = useActor()
  const { rows: groups } = useLoaded(groupsOf(product.id))
  const [moving, setMoving] = useState<{ ids: string[]; from: string | null } | null>(null)
  const filter: Filter = {
    key: 'group',
    label: 'products.group',
    isSingle: true,
    options: groups.map((group) => ({ value: group.name, label: { text: groupWord(say, group) } })),
  }
  const move = (endpoints: readonly { id: string; group: string }[]): Action[] =>
    !actor.can('endpoint.update')
      ? []
      : [
          {
            label: 'products.group.move',
            icon: 'chevronRight',
            disabledReason: groups.length < 2 ? 'products.group.only-one' : undefined,
            onSelect: () =>
              setMoving({
                ids: endpoints.map(({ id }) => id),
                from: new Set(endpoints.map(({ group }) => group)).size === 1 ? endpoints[0]!.group : null,
              }),
          },
        ]
  return (
    <>
      <EndpointTable
        fixed={{ productId: product.id }}
        filters={groups.length > 1 ? [filter] : []}
        more={(endpoint) => move([endpoint])}
        {...(actor.can('endpoint.update') ? { bulk: move } : {})}
      />
      {moving && (
        <MoveDialog
          productId={product.id}
          groups={groups}
          from={moving.from}
          what={{ endpointIds: moving.ids }}
          close={() => setMoving(null)}
        />
      )}
    </>
  )
}
