import type { Me, Permission } from '@vigie/domain/access'
import { accessApi } from '@vigie/domain/access'
import { query, useLoaded } from './query.ts'

export const meQuery = query(accessApi.getMe).with({})

/** Who is signed in. What one may not do is not shown (ACC-2): `actor.can('customer.delete')`. */
export function useActor(): Me & { can(permission: Permission): boolean } {
  const me = useLoaded(meQuery)
  return { ...me, can: (permission) => me.permissions.includes(permission) }
}
