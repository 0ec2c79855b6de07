import { Suspense, useState, type ReactNode } from 'react'
import type { Event } from '@vigie/domain/events'
import { lazily, useActor, type Action } from '../kit/index.ts'
import type { Work, WorkKind } from './WorkDialog.tsx'

const WorkDialog = lazily(() => import('./WorkDialog.tsx'), 'default')
const icons = { assign: 'user', snoozed: 'clock', accepted: 'shield', wake: 'bell' } as const

/** What people do with events besides resolving them: give them to somebody, keep them silent, let them be heard again. */
export function useWork(): {
  dialog: ReactNode
  start(kind: WorkKind, events: readonly Event[], ids?: readonly string[], clear?: () => void): void
  actions(event: Event): Action[]
} {
  const mayAct = useActor().can('event.act')
  const [work, setWork] = useState<Work | null>(null)
  const start = (kind: WorkKind, events: readonly Event[], ids: readonly string[] = events.map(({ id }) => id), clear = () => {}) =>
    setWork({ kind, events, ids, clear })
  const action = (kind: keyof typeof icons, event: Event): Action => ({
    label: `events.bulk.go.${kind}`,
    icon: icons[kind],
    disabledReason: kind !== 'assign' && event.state === 'resolved' ? 'problem.event.resolved-already' : undefined,
    onSelect: () => start(kind, [event]),
  })
  return {
    start,
    dialog: work && (
      <Suspense>
        <WorkDialog {...work} close={() => setWork(null)} />
      </Suspense>
    ),
    actions: (event) =>
      !mayAct
        ? []
        : [action('assign', event), ...(event.silence ? [action('wake', event)] : [action('snoozed', event), action('accepted', event)])],
  }
}
