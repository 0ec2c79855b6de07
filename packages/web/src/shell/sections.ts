import type { Permission } from '@vigie/domain/access'
import { paths } from '../kit/paths.ts'
import type { IconName } from '../ui/icons.tsx'

export interface Section {
  /** Text key. */
  label: string
  to: string
  icon: IconName
  /** Any of them lets one in; without: everybody (ACC-2: what one may not do is not shown). */
  needs: readonly Permission[]
  /** Second key after `g`. */
  key: string
}

/** The rail. Only what exists: a screen that a later release brings joins when it comes. */
export const sections: readonly Section[] = [
  { label: 'shell.home', to: paths.home(), icon: 'home', needs: ['figure.read'], key: 'h' },
  { label: 'shell.events', to: paths.events(), icon: 'events', needs: ['event.read'], key: 'e' },
  { label: 'shell.customers', to: paths.customers(), icon: 'customers', needs: ['customer.read'], key: 'c' },
  { label: 'shell.inventory', to: paths.inventory(), icon: 'inventory', needs: ['product.read'], key: 'i' },
  { label: 'shell.orders', to: paths.orders(), icon: 'play', needs: ['order.read'], key: 'o' },
  {
    label: 'shell.administration',
    to: paths.administration(),
    icon: 'administration',
    needs: ['account.read', 'business.update', 'audit.read', 'delivery.read', 'index.update'],
    key: 'a',
  },
]

/** Pages under Administration, in the order of its menu. */
export const administration: readonly (Omit<Section, 'key' | 'icon'> & { about: string })[] = [
  { label: 'shell.accounts', about: 'shell.accounts.about', to: paths.accounts(), needs: ['account.read'] },
  { label: 'shell.business', about: 'shell.business.about', to: paths.business(), needs: ['business.update'] },
  { label: 'shell.indexes', about: 'shell.indexes.about', to: paths.indexes(), needs: ['index.update'] },
  { label: 'maintenance.title', about: 'maintenance.about', to: paths.maintenance(), needs: ['maintenance.read'] },
  { label: 'orders.rules', about: 'orders.rules.about', to: paths.orderRules(), needs: ['order.approve'] },
  { label: 'releases.title', about: 'releases.about', to: paths.agentVersions(), needs: ['agent.upgrade'] },
  { label: 'shell.templates', about: 'shell.templates.about', to: paths.templates(), needs: ['template.read'] },
  { label: 'shell.urls', about: 'shell.urls.about', to: paths.urls(), needs: ['setting.update'] },
  { label: 'outbreak.title', about: 'outbreak.about', to: paths.virusAlerts(), needs: ['alert.read'] },
  { label: 'shell.audit', about: 'shell.audit.about', to: paths.auditLog(), needs: ['audit.read'] },
  { label: 'shell.outbox', about: 'shell.outbox.about', to: paths.outbox(), needs: ['delivery.read'] },
]

export const isAllowed = (section: Pick<Section, 'needs'>, can: (permission: Permission) => boolean) =>
  section.needs.length === 0 || section.needs.some(can)
