import { isPortal, rolePermissions, type Role } from '@vigie/domain/access'
import { categories, categoryById } from '@vigie/domain/categories'
import { isViewAllowed } from '../consent/index.ts'
import { notify } from '../outbox/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { concernedEndpoints, type Concerned } from './concerned.ts'
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

/** An event that is heard now. */
export interface Heard extends Told {
  /** `opened`, or `woken:<what ended>` */
  occasion: string
  /** Whoever answers for the silence that ended is told even without wanting mails; null: nobody. */
  ownerId: string | null
}

const conditionOf = ({ category, condition }: Pick<Told, 'category' | 'condition'>) => categoryById.get(category)?.conditions[condition]
/** Its opening is told to people by what caused it. */
export const isToldElsewhere = (event: Pick<Told, 'category' | 'condition'>): boolean => conditionOf(event)?.isToldElsewhere === true
export const isToldOnce = (event: Pick<Told, 'category' | 'condition'>): boolean => conditionOf(event)?.isToldOnce === true

/** NTF-1: a mail for each event; of what a virus alert does to many products of a customer at once, one for all of them (EVT-5). */
export async function tell(db: TenantDb, services: Services, heard: readonly Heard[], now: Date): Promise<void> {
  const mails = Map.groupBy(heard, (event) => (isToldOnce(event) ? [event.customerId, event.category, event.condition, event.occasion, event.ownerId].join(' ') : event.id))
  for (const events of mails.values()) await tellOne(db, services, events, now)
}

/** To everyone who wants one and may see it; its key makes a second one of the same occasion impossible (NTF-4). @param events one, or all that this mail speaks for, of a customer and a condition */
async function tellOne(db: TenantDb, services: Services, events: readonly Heard[], now: Date): Promise<void> {
  const event = events[0]!
  const allowed = (await whoIsTold(db, event.customerId, now, event.ownerId)).filter(({ role }) => rolePermissions[role as Role]?.includes('event.read'))
  const isTheirs = ({ role }: { role: string }) => isPortal(role as Role)
  // ACC-12: the customer's own people only where it consents; asked only where there are some
  const recipients = allowed.some(isTheirs) && !(await isViewAllowed(db, event.customerId, 'notify')) ? allowed.filter((one) => !isTheirs(one)) : allowed
  if (recipients.length === 0) return
  const about = isToldOnce(event) ? `${event.customerId}:${event.category}.${event.condition}:${await alertsInForce(db, now)}` : event.id
  const concerned: Concerned[] = []
  let total = 0
  for (const one of events) {
    const found = await concernedEndpoints(db, one, new Date(now.getTime() - windowMinutesOf(categories) * 60_000), namesInMail)
    concerned.push(...found.endpoints)
    total += found.total
  }
  const { category, condition } = event
  const figures = events.length === 1 ? event.figures : { ...event.figures, endpoints: events.reduce((sum, one) => sum + (one.figures['endpoints'] ?? 0), 0) }
  for (const { id: accountId } of recipients) {
    await notify(db, services, {
      kind: 'action-required', key: `event:${about}:${event.occasion}:${accountId}`, accountId, customerId: event.customerId, eventId: event.id,
      values: {
        customer: event.company, product: events.length === 1 ? event.description : `${event.description} (+${events.length - 1})`, category, condition, figures, endpoints: concerned.slice(0, namesInMail).map(({ name }) => name),
        endpointCount: total, since: now.toISOString(),
      },
    })
  }
}

/** What makes another mail of the same condition: another alert. */
async function alertsInForce(db: TenantDb, now: Date): Promise<string> {
  const { rows } = await db.query<{ id: string }>('select id from virus_alert where starts_at <= $1 and ends_at > $1 and withdrawn_at is null order by id', [now])
  return rows.map(({ id }) => id).join(',')
}
