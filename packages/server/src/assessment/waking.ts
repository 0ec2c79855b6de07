import { reopenWithinMs } from '@vigie/domain/categories'
import { defineJob, type Job } from '../jobs/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { dueSilences, endSilences, endThoseOver, stillDue, type ActiveSilence, type Awakened } from './silences.ts'
import { addSteps, lockProducts, recount, type AssessedProduct } from './store.ts'
import { isToldElsewhere, isToldOnce, tell, type Heard } from './telling.ts'
import { hush, readWindows, type ActiveWindow } from './windows.ts'

const atOnce = 200

/** EVT-2: what was silent until now is heard again, a piece of a business at a time: thousands may wait for one Monday morning. Twice is harmless: an ended one is ended. */
export const wakeDue: Job = {
  id: 'events.wake',
  everyMinutes: 1,
  async run(services) {
    const partners = await services.database.lookup<{ id: string }>('select vigie.partner_ids() as id')
    const failures: unknown[] = []
    for (const { id: partnerId } of partners) {
      const piece = () => services.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) => wakePiece(db, services))
      try {
        while ((await piece()) === atOnce);
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `events.wake failed for ${failures.length} of ${partners.length} businesses`)
  },
}

/** What is due, at most 200. @returns how many were */
async function wakePiece(db: TenantDb, services: Services): Promise<number> {
  const now = services.clock.now()
  const due = await dueSilences(db, now, atOnce)
  if (due.length === 0) return 0
  const products = await lockProducts(db, [...new Set(due.map(({ productId }) => productId))])
  const windows = await readWindows(
    db,
    products.map(({ id }) => id),
    now,
  )
  const silences = await stillDue(
    db,
    due.map(({ id }) => id),
    now,
  )
  const awake = await endSilences(
    db,
    silences.map(({ id }) => id),
    'time',
    now,
  )
  await announceAwake(db, services, awake, 'time', silences, products, windows, now)
  return due.length
}

/** The history of those that are open, their counts, their consoles, and a mail where action is required. The caller holds the products. */
export async function announceAwake(
  db: TenantDb,
  services: Services,
  awake: readonly Awakened[],
  how: 'time' | 'worse' | 'over',
  silences: readonly ActiveSilence[],
  products: readonly AssessedProduct[],
  windows: readonly ActiveWindow[],
  now: Date,
): Promise<void> {
  const open = awake.filter(({ state }) => state !== 'resolved')
  if (open.length === 0) return
  await addSteps(
    db,
    open.map(({ id, customerId, figures }) => ({ eventId: id, customerId, what: 'woken', figures, details: { how } })),
    now,
  )
  // a snooze that ends in the middle of a maintenance window: it is silent for another reason now
  const hushed = await hush(db, open, windows, now)
  await recount(db, [...new Set(open.map(({ productId }) => productId))], [...new Set(open.map(({ customerId }) => customerId))])
  const heard: Heard[] = []
  for (const event of open) {
    db.announce({ kind: 'event', id: event.id, customerId: event.customerId })
    db.announce({ kind: 'product', id: event.productId, customerId: event.customerId })
    db.announce({ kind: 'customer', id: event.customerId, customerId: event.customerId })
    const product = products.find(({ id }) => id === event.productId)
    const silence = silences.find(({ id }) => id === event.silenceId)
    if (event.severity !== 'action-required' || !product || hushed.has(event.id)) continue
    // after maintenance: whoever was told of all of it before is not told again, and nobody answers for having planned it
    const isOfMaintenance = silence?.kind === 'maintenance'
    if (isOfMaintenance && (isToldElsewhere(event) || (event.toldAt !== null && !event.hasNews))) continue
    // one that is told once a customer wakes with the others that somebody silenced until the same time
    const woken = isToldOnce(event) ? `${how}:${how === 'time' ? silence?.until?.toISOString() : ''}` : event.silenceId
    const [occasion, ownerId] = isOfMaintenance
      ? [event.hasNews ? `again:${now.toISOString()}` : 'opened', null]
      : [`woken:${woken}`, silence?.ownerId ?? null]
    heard.push({ ...event, company: product.company, description: product.description, occasion, ownerId })
  }
  await tell(db, services, heard, now)
}

export const endOverSnoozes = defineJob(
  'events.end-snoozes',
  { everyMinutes: 60 },
  async ({ db, now }) => void (await endThoseOver(db, new Date(now.getTime() - reopenWithinMs), now)),
)
