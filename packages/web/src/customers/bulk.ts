import { customersApi, mostAtOnce } from '@vigie/domain/customers'
import type { ReplyOf } from '@vigie/domain/kernel'
import { api } from '../kit/index.ts'
import type { Outcome as Of } from '../kit/many.ts'
import { inPieces } from '../kit/pieces.ts'
import { isRetryable } from '../kit/problems.ts'

export type Change =
  | { kind: 'tags'; add: string[]; remove: string[] }
  | { kind: 'assign'; accountId: string | null; ifManagedBy?: string | null }
type Tagged = ReplyOf<typeof customersApi.tagCustomers>
type Assigned = ReplyOf<typeof customersApi.assignCustomers>

type Changed = Tagged['changed'][number] | Assigned['changed'][number]

export type Outcome = Of<Change, Tagged['refused'][number]>

/** A change of many customers, 200 at a time. */
export async function changeMany(
  ids: readonly string[],
  change: Change,
  tell: (done: number) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { replies, done, error } = await inPieces<string, Tagged | Assigned>(
    ids,
    mostAtOnce,
    ({ items, intent }) =>
      change.kind === 'tags'
        ? api(customersApi.tagCustomers).call({ body: { ids: [...items], add: change.add, remove: change.remove } }, { intent })
        : api(customersApi.assignCustomers).call(
            {
              body: {
                ids: [...items],
                accountId: change.accountId,
                ...(change.ifManagedBy === undefined ? {} : { ifManagedBy: change.ifManagedBy }),
              },
            },
            { intent },
          ),
    tell,
    signal,
    isRetryable,
  )
  const changed = replies.flatMap((reply): Changed[] => reply.changed)
  return {
    changed: changed.length,
    unchanged: replies.reduce((sum, reply) => sum + reply.unchanged, 0),
    refused: replies.flatMap((reply) => reply.refused),
    notReached: ids.length - done,
    error,
    undo: undoOf(changed, change),
  }
}

/** Each tag goes or comes back only where this change brought or took it; each manager only where nobody assigned anew since. */
export function undoOf(changed: readonly Changed[], change: Change): Outcome['undo'] {
  const groups = Map.groupBy(changed, (one) => JSON.stringify('before' in one ? one.before : [one.added, one.removed]))
  return [...groups.values()].map((group) => {
    const [first] = group as [(typeof group)[number]]
    const ids = group.map(({ id }) => id)
    return 'before' in first
      ? { ids, change: { kind: 'assign', accountId: first.before, ifManagedBy: change.kind === 'assign' ? change.accountId : null } }
      : { ids, change: { kind: 'tags', add: first.removed, remove: first.added } }
  })
}
