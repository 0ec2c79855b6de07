import { isPortal, rolePermissions, type Role } from '@vigie/domain/access'
import { categories, categoryById, reopenWithinMs } from '@vigie/domain/categories'
import { isViewAllowed } from '../consent/index.ts'
import { notify } from '../outbox/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { concernedEndpoints, type Concerned } from './concerned.ts'
import { windowMinutesOf } from './facts.ts'
import { allNamedByAlerts, isOfAlertInfections, isOfInfections } from './news.ts'
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
  /** `opened`; `again:<when>`, with something new; or `woken:<what ended>` */
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
  if (heard.length === 0) return
  const [first, others] = [heard.filter(isOfAlertInfections), heard.filter((event) => !isOfAlertInfections(event))]
  const inMails = (events: readonly Heard[]) => [
    ...Map.groupBy(events, (event) =>
      isToldOnce(event) ? [event.customerId, event.category, event.condition, event.occasion, event.ownerId].join(' ') : event.id,
    ).values(),
  ]
  const spoken: Heard[] = []
  for (const events of inMails(first)) {
    const toldAt = await tellOne(db, services, events, now)
    if (toldAt !== null && now.getTime() - toldAt.getTime() < reopenWithinMs) spoken.push(...events)
  }
  const speaksFor = await spokenFor(db, others, spoken, now)
  for (const events of inMails(others.filter((event) => !speaksFor.has(event.id)))) await tellOne(db, services, events, now)
  await db.query('update event set told_at = $2, has_news = false where id = any($1)', [heard.map(({ id }) => id), now])
}

/**
 * NTF-4, EVT-9: infections that a virus alert names are one condition, though two events count them: those of the product, and the computers to clean. The latter's mail says more (which alert, how many
 * computers of the customer) and is one for all products; where it has just gone out and its alerts name every infection of the product, the product's own mail is left out. An infection that no alert
 * names is told by itself, as ever.
 */
async function spokenFor(db: TenantDb, heard: readonly Heard[], spoken: readonly Heard[], now: Date): Promise<Set<string>> {
  const same = heard.filter(
    (event) =>
      isOfInfections(event) &&
      spoken.some(({ productId, ownerId }) => productId === event.productId && (event.ownerId === null || ownerId === event.ownerId)),
  )
  if (same.length === 0) return new Set()
  const named = await allNamedByAlerts(db, same, now)
  return new Set(same.filter(({ productId, category }) => named.has(`${productId} ${category}`)).map(({ id }) => id))
}

/**
 * To everyone who wants one and may see it; its key makes a second one of the same occasion impossible (NTF-4). @param events one, or all that this mail speaks for, of a customer and a condition
 * @returns when the mail was written: now, or before, for it stood there already; null: there is nobody to tell
 */
async function tellOne(db: TenantDb, services: Services, events: readonly Heard[], now: Date): Promise<Date | null> {
  const event = events[0]!
  const allowed = (await whoIsTold(db, event.customerId, now, event.ownerId)).filter(({ role }) =>
    rolePermissions[role as Role]?.includes('event.read'),
  )
  const isTheirs = ({ role }: { role: string }) => isPortal(role as Role)
  // ACC-12: the customer's own people only where it consents; asked only where there are some
  const recipients =
    allowed.some(isTheirs) && !(await isViewAllowed(db, event.customerId, 'notify')) ? allowed.filter((one) => !isTheirs(one)) : allowed
  if (recipients.length === 0) return null
  const about = isToldOnce(event) ? `${event.customerId}:${event.category}.${event.condition}:${await alertsInForce(db, now)}` : event.id
  const concerned: Concerned[] = []
  let total = 0
  for (const one of events) {
    const found = await concernedEndpoints(db, one, new Date(now.getTime() - windowMinutesOf(categories) * 60_000), namesInMail)
    concerned.push(...found.endpoints)
    total += found.total
  }
  const { category, condition } = event
  const figures =
    events.length === 1
      ? event.figures
      : { ...event.figures, endpoints: events.reduce((sum, one) => sum + (one.figures['endpoints'] ?? 0), 0) }
  const keyOf = (accountId: string) => `event:${about}:${event.occasion}:${accountId}`
  for (const { id: accountId } of recipients) {
    await notify(db, services, {
      kind: 'action-required',
      key: keyOf(accountId),
      accountId,
      customerId: event.customerId,
      eventId: event.id,
      values: {
        customer: event.company,
        product: events.length === 1 ? event.description : `${event.description} (+${events.length - 1})`,
        category,
        condition,
        figures,
        endpoints: concerned.slice(0, namesInMail).map(({ name }) => name),
        endpointCount: total,
        since: now.toISOString(),
      },
    })
  }
  const {
    rows: [written],
  } = await db.query<{ at: Date | null }>('select min(created_at) as at from outbox where key = any($1)', [
    recipients.map(({ id }) => keyOf(id)),
  ])
  return written!.at
}

/** What makes another mail of the same condition: another alert. */
async function alertsInForce(db: TenantDb, now: Date): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'select id from virus_alert where starts_at <= $1 and ends_at > $1 and withdrawn_at is null order by id',
    [now],
  )
  return rows.map(({ id }) => id).join(',')
}
