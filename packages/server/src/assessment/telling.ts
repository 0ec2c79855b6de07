import { isPortal, rolePermissions, type Role } from '@vigie/domain/access'
import { categories } from '@vigie/domain/categories'
import { isViewAllowed } from '../consent/index.ts'
import { notify } from '../outbox/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { concernedEndpoints } from './concerned.ts'
import { windowMinutesOf } from './facts.ts'
import type { Figures } from './plan.ts'
import { whoIsTold } from './store.ts'

const namesInMail = 10

interface Told {
  id: string
  productId: string
  customerId: string
  category: string
  condition: string
  figures: Figures
  company: string
  description: string
}

/**
 * NTF-1: a mail to everyone who wants one and may see it; its key makes a second one of the same occasion impossible (NTF-4).
 * @param occasion `opened`, or `woken:<silence>`
 * @param ownerId whoever answers for the silence that ended is told even without wanting mails
 */
export async function tell(db: TenantDb, services: Services, event: Told, occasion: string, now: Date, ownerId: string | null = null): Promise<void> {
  const allowed = (await whoIsTold(db, event.customerId, now, ownerId)).filter(({ role }) => rolePermissions[role as Role]?.includes('event.read'))
  const isTheirs = ({ role }: { role: string }) => isPortal(role as Role)
  // ACC-12: the customer's own people only where it consents; asked only where there are some
  const recipients = allowed.some(isTheirs) && !(await isViewAllowed(db, event.customerId, 'notify')) ? allowed.filter((one) => !isTheirs(one)) : allowed
  if (recipients.length === 0) return
  const { endpoints, total } = await concernedEndpoints(db, event, new Date(now.getTime() - windowMinutesOf(categories) * 60_000), namesInMail)
  const { category, condition, figures } = event
  for (const { id: accountId } of recipients) {
    await notify(db, services, {
      kind: 'action-required', key: `event:${event.id}:${occasion}:${accountId}`, accountId, customerId: event.customerId, eventId: event.id,
      values: { customer: event.company, product: event.description, category, condition, figures, endpoints: endpoints.map(({ name }) => name), endpointCount: total, since: now.toISOString() },
    })
  }
}
