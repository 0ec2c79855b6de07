import * as z from 'zod'

/** What may be done. A route names exactly one. Texts: `permission.<name>`. */
export const permissions = [
  'business.read',
  'business.update',
  'business.transfer-primary',
  'account.read',
  'account.invite',
  'account.update',
  'account.remove',
  'audit.read',
  'customer.read',
  'customer.create',
  'customer.update',
  'customer.delete',
  'product.read',
  'product.create',
  'product.update',
  'product.delete',
  'product.issue-key',
  'detection.read',
  'event.read',
  'event.act',
  'index.read',
  'index.update',
  'maintenance.read',
  'maintenance.update',
  'command.read',
  'command.send',
  'agent.switch',
  'agent.upgrade',
  'agent.move',
  'endpoint.update',
  'identity.heal',
  'order.read',
  'order.send',
  'order.approve',
  'setting.read',
  'setting.update',
  'template.read',
  'template.update',
  'consent.read',
  'consent.update',
  'customer.credentials',
  'customer.assign',
  'delivery.read',
  'delivery.retry',
  'figure.read',
  'alert.read',
  'alert.declare',
  'outbreak.update',
] as const
export type Permission = (typeof permissions)[number]

/** Roles at a partner, then at a customer's portal (ACC-3). Mightiest first within each. */
export const partnerRoles = ['owner', 'administrator', 'technician', 'billing', 'read-only'] as const
export const portalRoles = ['portal-administrator', 'portal-viewer'] as const
export const roles = [...partnerRoles, ...portalRoles] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>
/** Of the customer's own people. */
export const isPortal = (role: Role): boolean => (portalRoles as readonly Role[]).includes(role)

const reads = [
  'customer.read',
  'product.read',
  'detection.read',
  'event.read',
  'index.read',
  'maintenance.read',
  'command.read',
  'figure.read',
  'business.read',
  'order.read',
  'setting.read',
  'template.read',
  'consent.read',
  'alert.read',
] as const satisfies readonly Permission[]
const operates = [
  ...reads,
  'customer.create',
  'customer.update',
  'product.create',
  'product.update',
  'product.issue-key',
  'event.act',
  'maintenance.update',
  'command.send',
  'agent.switch',
  'delivery.read',
  'endpoint.update',
  'identity.heal',
  'order.send',
  'setting.update',
  'consent.update',
  'customer.credentials',
] as const satisfies readonly Permission[]
const administers = [
  ...operates,
  'customer.delete',
  'product.delete',
  'index.update',
  'delivery.retry',
  'business.update',
  'account.read',
  'account.invite',
  'account.update',
  'account.remove',
  'audit.read',
  'agent.upgrade',
  'agent.move',
  'order.approve',
  'template.update',
  'customer.assign',
  'alert.declare',
  'outbreak.update',
] as const satisfies readonly Permission[]

/** A role is a set of permissions and nothing else; later issues extend the sets, not the model. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: [...administers, 'business.transfer-primary'],
  administrator: administers,
  technician: operates,
  billing: ['customer.read', 'product.read', 'figure.read', 'business.read', 'alert.read'],
  'read-only': reads,
  'portal-administrator': ['customer.read', 'product.read', 'detection.read', 'event.read', 'figure.read', 'alert.read'],
  'portal-viewer': ['product.read', 'event.read', 'figure.read', 'customer.read', 'alert.read'],
}

/** R5: nobody makes an account, key, role or link mightier than himself. */
export function mayGrant(granter: Role, granted: Role): boolean {
  return rolePermissions[granted].every((permission) => rolePermissions[granter].includes(permission))
}
