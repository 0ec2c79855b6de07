import { identityApi, type Duplicate } from '@vigie/domain/identity'
import { useState } from 'react'
import { confirmByName, toast, trouble, useAction, useActor, type Action } from '../kit/index.ts'

/** What may be done with a pair. `merging`: the one whose dialog is open. */
export function useDuplicateActions(): { actions(row: Duplicate): Action[]; merging: Duplicate | null; stopMerging(): void } {
  const actor = useActor()
  const [merging, setMerging] = useState<Duplicate | null>(null)
  const deciding = useAction(identityApi.decideDuplicate)
  const removing = useAction(identityApi.removeEndpoint)
  const decide = async (row: Duplicate, isKeptApart: boolean) => {
    try {
      await deciding.run({ params: { duplicateId: row.id }, body: { isKeptApart } })
      toast(isKeptApart ? 'identity.kept-apart.done' : 'identity.reopened.done')
    } catch (error) {
      trouble(error)
    }
  }
  const actions = (row: Duplicate): Action[] => {
    if (!actor.can('identity.heal')) return []
    const dead = deadOf(row)
    return [
      { label: 'identity.merge', icon: 'check', onSelect: () => setMerging(row) },
      row.state === 'kept-apart'
        ? { label: 'identity.reopen', icon: 'refresh', onSelect: () => void decide(row, false) }
        : { label: 'identity.keep-apart', icon: 'columns', onSelect: () => void decide(row, true) },
      {
        label: dead ? { key: 'identity.remove', values: { name: dead.name } } : 'identity.remove.none',
        icon: 'trash',
        isDangerous: true,
        disabledReason: dead ? undefined : 'identity.remove.both-alive',
        onSelect: () =>
          dead &&
          confirmByName(
            dead.name,
            async (confirmName) => {
              await removing.run({ params: { endpointId: dead.endpointId }, body: { confirmName } })
              toast({ key: 'identity.removed', values: { name: dead.name } })
            },
            {
              title: { key: 'identity.remove', values: { name: dead.name } },
              consequence: 'identity.remove.consequence',
              undo: 'identity.remove.undo',
              action: 'identity.remove.verb',
            },
          ),
      },
    ]
  }
  return { actions, merging, stopMerging: () => setMerging(null) }
}

/** The one that was not heard of for longer; none while both are online. */
function deadOf({ endpoints: [one, other] }: Duplicate) {
  const [older] = [one, other]
    .filter((twin) => twin.state !== 'online')
    .toSorted((a, b) => (a.lastSeenAt ?? '').localeCompare(b.lastSeenAt ?? ''))
  return older ?? null
}
