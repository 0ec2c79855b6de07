import { categories as allCategories, categoryById, reopenWithinMs, type Category } from '@vigie/domain/categories'
import { productTypeById } from '@vigie/connectors/products'
import { inRounds, newId, type Background, type Services, type TenantDb } from '../platform/index.ts'
import { dueBell } from './due.ts'
import { makePartitions } from './jobs.ts'
import { readFacts, windowMinutesOf } from './facts.ts'
import { keep, worthKeeping, type Worth } from './history.ts'
import { newsOf, withNews, writeNews } from './news.ts'
import { earlier, planFor, type Changed, type Standing } from './plan.ts'
import {
  addSteps,
  claimDue,
  insertEvents,
  lockProducts,
  readIndexes,
  readStanding,
  recount,
  settleDue,
  updateEvents,
  type AssessedProduct,
  type NewEvent,
  type NewStep,
} from './store.ts'
import { endSilences, isPassed, readSilences, silenceFor, type ActiveSilence, type Awakened } from './silences.ts'
import { isToldElsewhere, tell, type Heard } from './telling.ts'
import { announceAwake } from './waking.ts'
import { hush, lapsed, outgrown, readWindows, type ActiveWindow, type Audible } from './windows.ts'

const productsAtOnce = 200
const leaseMs = 30_000
/** Others' data, and what time brought due, is looked for this often; our own wakes us. */
const pollMs = 250
/** After a round we rest as long as it took, so that assessing never takes more than half of what ingest needs; but at least this. */
const restMs = 20

export interface Assessor extends Background {
  /** All that is due now, of all businesses; returns how many products were assessed. */
  assessDue(): Promise<number>
}

/**
 * Turns data into events (architecture.md §5): takes what is due in any process, assesses many products in one transaction, writes events, kept counts and mails
 * together. Dies at any moment without harm: a product that was taken and not done is due again half a minute later.
 */
export function createAssessor(services: Services): Assessor {
  const { database, clock, log } = services
  let isStopped = false

  async function assessDue(): Promise<number> {
    let assessed = 0
    const partners = await database.lookup<{ id: string }>('select vigie.partners_with_due_assessments($1) as id', [clock.now()])
    for (const { id: partnerId } of partners) {
      if (isStopped) break
      assessed += await assessBusiness(partnerId).catch((error: unknown) => {
        log.warn('products of a business could not be assessed, tried again', {
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
        return 0
      })
    }
    return assessed
  }

  async function assessBusiness(partnerId: string): Promise<number> {
    const tenant = { partnerId, scope: 'all' as const, principalId: null }
    const now = clock.now()
    const leaseUntil = new Date(now.getTime() + leaseMs)
    const ids = await database.transaction(tenant, (db) => claimDue(db, now, leaseUntil, productsAtOnce))
    if (ids.length > 0) await database.transaction(tenant, (db) => assessProducts(db, services, ids, leaseUntil))
    return ids.length
  }

  async function round() {
    const startedMs = performance.now()
    const assessed = await assessDue().catch((error: unknown) => {
      log.warn('nothing could be assessed, tried again', { error: String(error) })
      return 0
    })
    return { restMs: assessed > 0 ? Math.max(restMs, performance.now() - startedMs) : restMs, hasMore: assessed > 0 }
  }

  const rounds = inRounds({ name: 'assessment', bell: dueBell, pollMs, round })
  return {
    ...rounds,
    assessDue,
    async start() {
      // the first month's must be there before the first detection
      await makePartitions(database.owner, clock.now())
      await rounds.start()
    },
    async stop() {
      isStopped = true // also between two businesses of one round
      await rounds.stop()
    },
  }
}

/** Assesses these products of one business in the caller's transaction. */
export async function assessProducts(db: TenantDb, services: Services, ids: readonly string[], leaseUntil: Date): Promise<void> {
  const products = await lockProducts(db, ids)
  // after the locks: what others did before is seen, and time does not run backwards
  const now = services.clock.now()
  const known = products.map(({ id }) => id)
  const customerIds = [...new Set(products.map(({ customerId }) => customerId))]
  const [facts, standing, indexes, silences] = await Promise.all([
    readFacts(db, known, windowMinutesOf(allCategories), now),
    readStanding(db, known, new Date(now.getTime() - reopenWithinMs)),
    readIndexes(db, customerIds),
    readSilences(db, known),
  ])
  const isQuiet = standing.length + silences.length === 0
  const heldWindows = isQuiet ? null : await readWindows(db, known, now)
  const over = new Set(lapsed(silences, heldWindows ?? []).map(({ id }) => id))
  const silencesOf = Map.groupBy(
    silences.filter(({ id }) => !over.has(id)),
    ({ productId }) => productId,
  )
  const passed = new Set<string>()
  const standingOf = Map.groupBy(standing, ({ productId }) => productId)
  const opened: (NewEvent & { product: AssessedProduct })[] = []
  const changed: (Changed & { product: AssessedProduct })[] = []
  const settled: { productId: string; nextAt: Date | null }[] = ids
    .filter((id) => !known.includes(id))
    .map((productId) => ({ productId, nextAt: null }))
  const worth: Worth[] = []
  for (const product of products) {
    const plan = planFor(
      {
        facts: facts.get(product.id)!,
        categories: categoriesOf(product.typeId),
        tuned: indexes(product.customerId),
        standing: standingOf.get(product.id) ?? [],
      },
      now,
    )
    const silent = silencesOf.get(product.id) ?? []
    for (const event of plan.opened) {
      const found = silenceFor(silent, event, now)
      if (found.passed) passed.add(found.passed.id)
      opened.push({
        ...event,
        id: newId(now),
        productId: product.id,
        customerId: product.customerId,
        product,
        silenceId: found.silence?.id ?? null,
        silenceKind: found.silence?.kind ?? null,
      })
    }
    changed.push(...plan.changed.map((change) => ({ ...change, product })))
    for (const { event, state, figures } of plan.changed) {
      const silence = state === 'resolved' ? undefined : silent.find(({ id }) => id === event.silenceId)
      if (silence && isPassed(silence, figures)) passed.add(silence.id)
    }
    settled.push({ productId: product.id, nextAt: plan.nextAt })
    worth.push(worthKeeping(product, plan.found, now))
  }
  const windows = heldWindows ?? (opened.length > 0 ? await readWindows(db, known, now) : [])
  if (opened.length > 0)
    await insertEvents(
      db,
      opened.map(({ product: _, ...event }) => event),
      now,
    )
  if (changed.length > 0) await updateEvents(db, changed, now)
  await keep(db, worth, now)
  const awake = await endSilences(db, [...passed], 'worse', now)
  const steps: NewStep[] = [
    ...opened.map(({ id, customerId, figures }) => ({ eventId: id, customerId, what: 'opened', figures })),
    ...changed.flatMap(({ event, product, step, figures }) =>
      step === null ? [] : [{ eventId: event.id, customerId: product.customerId, what: step, figures: step === 'resolved' ? {} : figures }],
    ),
  ]
  if (steps.length > 0) await addSteps(db, steps, now)
  const freed = await endSilences(db, [...over], 'time', now)
  // a snooze without an end was for the event that was over, and not for what is new now
  const news = await withNews(db, changed)
  const endless = silences.filter(
    ({ id, kind, until }) =>
      kind !== 'maintenance' && until === null && changed.some(({ event }) => event.silenceId === id && news.has(event.id)),
  )
  const renewed = await endSilences(
    db,
    endless.map(({ id }) => id),
    'over',
    now,
  )
  const { hushed, outgrown: louder } = await underMaintenance(
    db,
    products,
    standing,
    opened,
    changed,
    silences.filter(({ id }) => !over.has(id)),
    windows,
    now,
  )
  const moved = [
    ...[...opened, ...changed.filter(({ event, state }) => (event.state === 'resolved') !== (state === 'resolved'))].map(
      ({ product }) => product,
    ),
    ...products.filter(({ id }) => hushed.productIds.has(id)),
  ]
  if (moved.length > 0) await recount(db, [...new Set(moved.map(({ id }) => id))], [...new Set(moved.map(({ customerId }) => customerId))])
  for (const { id, customerId } of opened) db.announce({ kind: 'event', id, customerId })
  for (const { event, product } of changed) db.announce({ kind: 'event', id: event.id, customerId: product.customerId })
  for (const { id, customerId } of moved) {
    db.announce({ kind: 'product', id, customerId })
    db.announce({ kind: 'customer', id: customerId, customerId })
  }
  const loud = opened.filter(
    (event) =>
      event.severity === 'action-required' && event.silenceId === null && !hushed.eventIds.has(event.id) && !isToldElsewhere(event),
  )
  await writeNews(db, [...news])
  const owed = newsOf(products, standing, changed, news, hushed.eventIds, now)
  await tell(
    db,
    services,
    [
      ...loud.map(({ product: { company, description }, ...event }): Heard => ({
        ...event,
        company,
        description,
        occasion: 'opened',
        ownerId: null,
      })),
      ...owed.heard,
    ],
    now,
  )
  for (const one of settled) one.nextAt = earlier(one.nextAt, owed.laterOf.get(one.productId) ?? null)
  await announceAwake(db, services, renewed, 'over', silences, products, windows, now)
  await announceAwake(db, services, [...awake, ...louder], 'worse', silences, products, windows, now)
  await announceAwake(db, services, freed, 'time', silences, products, windows, now)
  // past the lease whoever brings data finds its products due already and marks nothing: so they stay due
  if (services.clock.now() < leaseUntil) await settleDue(db, leaseUntil, settled)
}

/** EVT-9: what maintenance windows make of the events that are open after this assessment. `outgrown`: those that a window of some endpoints let go, since others are concerned. */
async function underMaintenance(
  db: TenantDb,
  products: readonly AssessedProduct[],
  standing: readonly Standing[],
  opened: readonly (NewEvent & { product: AssessedProduct })[],
  changed: readonly (Changed & { product: AssessedProduct })[],
  silences: readonly ActiveSilence[],
  windows: readonly ActiveWindow[],
  now: Date,
): Promise<{ hushed: { eventIds: Set<string>; productIds: Set<string> }; outgrown: Awakened[] }> {
  const customerOf = new Map(products.map(({ id, customerId }) => [id, customerId]))
  const changeOf = new Map(changed.map((change) => [change.event.id, change]))
  const open = [
    ...opened,
    ...standing
      .filter((event) => (changeOf.get(event.id)?.state ?? event.state) !== 'resolved')
      .map((event) => ({
        ...event,
        customerId: customerOf.get(event.productId)!,
        figures: changeOf.get(event.id)?.figures ?? event.figures,
      })),
  ]
  const eventIds = await hush(
    db,
    open.filter((event): event is typeof event & Audible => event.silenceId === null),
    windows,
    now,
  )
  const windowOf = new Map(silences.map(({ id, windowId }) => [id, windowId]))
  const silent = open.flatMap((event) => {
    const windowId = event.silenceId === null ? null : windowOf.get(event.silenceId)
    return windowId ? [{ ...event, silenceId: event.silenceId!, windowId }] : []
  })
  return {
    hushed: { eventIds, productIds: new Set(open.filter(({ id }) => eventIds.has(id)).map(({ productId }) => productId)) },
    outgrown: await endSilences(db, await outgrown(db, silent, windows, now), 'worse', now),
  }
}

const categoriesOf = (typeId: string): readonly Category[] =>
  (productTypeById.get(typeId)?.categories ?? []).flatMap((id) => categoryById.get(id) ?? [])
