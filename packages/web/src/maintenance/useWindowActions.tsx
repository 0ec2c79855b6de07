import { maintenanceApi, type MaintenanceWindow } from '@vigie/domain/maintenance'
import { confirm, paths, toast, useAction, useActor, useGo, type Action } from '../kit/index.ts'

/** What one may do to a window; of one over many customers a limited account nothing, and it is told. */
export function useWindowActions(): (window: MaintenanceWindow) => Action[] {
  const actor = useActor()
  const go = useGo()
  const ending = useAction(maintenanceApi.endWindow)
  const removing = useAction(maintenanceApi.deleteWindow)
  if (!actor.can('maintenance.update')) return () => []
  return (window) => {
    const params = { windowId: window.id }
    const blocked = window.customer === null && actor.account.scope !== null ? 'maintenance.over-many' : undefined
    return [
      { label: 'maintenance.edit', icon: 'edit', disabledReason: blocked, onSelect: () => void go(paths.maintenanceWindow(params)) },
      {
        label: 'maintenance.end',
        icon: 'stop',
        disabledReason: blocked ?? (window.state === 'now' ? undefined : 'problem.maintenance.not-now'),
        onSelect: () =>
          confirm({
            title: { key: 'maintenance.end.title', values: { name: window.name } },
            consequence: { key: 'maintenance.end.consequence', values: { count: window.silentCount } },
            undo: window.schedule.kind === 'once' ? 'maintenance.end.once' : 'maintenance.end.repeats',
            action: 'maintenance.end',
            run: async () => {
              await ending.run({ params })
              toast('maintenance.ended')
            },
          }),
      },
      {
        label: 'maintenance.delete',
        icon: 'trash',
        isDangerous: true,
        disabledReason: blocked,
        onSelect: () =>
          confirm({
            title: { key: 'maintenance.delete.title', values: { name: window.name } },
            consequence: { key: 'maintenance.end.consequence', values: { count: window.silentCount } },
            undo: 'maintenance.delete.undo',
            action: 'maintenance.delete',
            isDangerous: true,
            run: async () => {
              await removing.run({ params })
              toast('maintenance.deleted')
            },
          }),
      },
    ]
  }
}
