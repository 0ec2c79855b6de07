import { categoryById } from '@vigie/domain/categories'
import type { MaintenanceWindow } from '@vigie/domain/maintenance'
import { newId, type TenantDb } from '../platform/index.ts'
import { windowMinutesOf } from './facts.ts'
import { concernsOthers } from './concerned.ts'
import type { Figures } from './plan.ts'
import { endSilences, type ActiveSilence } from './silences.ts'
import { addSteps } from './store.ts'

/** A maintenance window in force, as one product sees it (EVT-9). */
export interface ActiveWindow {
  id: string
  productId: string
  name: string
  ownerId: string | null
  ownerName: string
  target: MaintenanceWindow['target']['kind']
  group: string | null
  /** As they are called now: a merged one by what it was merged into. */
  endpointIds: string[] | null
  groups: string[]
  startsAt: Date
  endsAt: Date
}

/** An open event that nothing keeps silent. */
export interface Audible {
  id: string
  productId: string
  customerId: string
  category: string
  condition: string
  figures: Figures
}

/** Those that begin so soon are held too: their beginning (`maintenance.follow`) then sees what an assessment that is under way opens. */
const soonMs = 300_000

/**
 * Of each of these products, the longest first; held until commit, so that nobody changes or takes one away while its silences are written (decision 29). The caller holds the products and has written
 * nothing of their events yet: whoever changes a window holds it alone. Plan: index maintenance_window_next; a business has few.
 */
export async function readWindows(db: TenantDb, productIds: readonly string[], now: Date): Promise<ActiveWindow[]> {
  const { rows } = await db.query<ActiveWindow>(
    `select w.id, p.id as "productId", w.name, w.created_by_id as "ownerId", w.created_by as "ownerName", w.target, w."group", w.groups, w.starts_at as "startsAt", w.ends_at as "endsAt",
       (select array_agg(coalesce(l.endpoint_id, i.id)) from unnest(w.endpoint_ids) i (id) left join endpoint_alias l on l.merged_id = i.id) as "endpointIds"
     from maintenance_window w join product p on p.id = any($1) and (w.target = 'all' or (p.customer_id = w.customer_id and (w.product_id is null or w.product_id = p.id))
       or (w.target = 'tag' and exists (select from customer_tag t where t.customer_id = p.customer_id and t.tag = w.tag)))
     where w.starts_key <= $3 and w.ends_at > $2 order by w.id for share of w`,
    [productIds, now, new Date(now.getTime() + soonMs)],
  )
  return rows.filter(({ startsAt }) => startsAt <= now).toSorted((a, b) => b.endsAt.getTime() - a.endsAt.getTime())
}

const isNarrow = ({ target }: ActiveWindow) => target === 'group' || target === 'endpoints'

/** Whether a window keeps it silent: its group of categories, and where only some endpoints are meant, no other is concerned. */
async function covers(db: TenantDb, window: ActiveWindow, event: Audible, now: Date): Promise<boolean> {
  const category = categoryById.get(event.category)
  if (category === undefined || !window.groups.includes(category.group)) return false
  if (!isNarrow(window)) return true
  const since = new Date(now.getTime() - windowMinutesOf([category]) * 60_000)
  return !(await concernsOthers(
    db,
    event,
    since,
    window.group === null ? { endpointIds: window.endpointIds ?? [] } : { group: window.group },
  ))
}

const keyOf = ({ productId, category, condition }: { productId: string; category: string; condition: string }) =>
  `${productId} ${category} ${condition}`

/**
 * Silences those that a maintenance window covers now, until it ends: by the same row as a person's silence (decision 29), so that the same job wakes them. One that somebody woke in this occurrence stays
 * awake. The caller holds the products, and counts anew. @returns ids of those that are silent now
 */
export async function hush(db: TenantDb, events: readonly Audible[], windows: readonly ActiveWindow[], now: Date): Promise<Set<string>> {
  const hushed = new Map<string, ActiveWindow>()
  if (events.length === 0 || windows.length === 0) return new Set()
  const { rows: woken } = await db.query<{ productId: string; category: string; condition: string; windowId: string; since: Date }>(
    `select s.product_id as "productId", s.category, s.condition, s.window_id as "windowId", s.since from event_silence s
     where s.window_id = any($1) and s.product_id = any($2) and s.ended_how in ('hand', 'worse')`,
    [[...new Set(windows.map(({ id }) => id))], events.map(({ productId }) => productId)],
  )
  for (const event of events) {
    for (const window of windows.filter(({ productId }) => productId === event.productId)) {
      if (woken.some((one) => one.windowId === window.id && one.since >= window.startsAt && keyOf(one) === keyOf(event))) continue
      if (!(await covers(db, window, event, now))) continue
      hushed.set(event.id, window)
      break
    }
  }
  const silent = events.filter(({ id }) => hushed.has(id))
  if (silent.length === 0) return new Set()
  // what lingers of an event before: it has the condition's one place
  const { rows: lingering } = await db.query<{ id: string }>(
    `select s.id from event e join event_silence s on s.product_id = e.product_id and s.category = e.category and s.condition = e.condition and s.ended_at is null where e.id = any($1)`,
    [silent.map(({ id }) => id)],
  )
  await endSilences(
    db,
    lingering.map(({ id }) => id),
    'replaced',
    now,
  )
  const rows = silent.map((event) => {
    const window = hushed.get(event.id)!
    return {
      silenceId: newId(now),
      id: event.id,
      customerId: event.customerId,
      productId: event.productId,
      category: event.category,
      condition: event.condition,
      windowId: window.id,
      name: window.name,
      ownerId: window.ownerId,
      ownerName: window.ownerName,
      until: window.endsAt,
    }
  })
  await db.query(
    `insert into event_silence (partner_id, id, customer_id, product_id, category, condition, event_id, kind, window_id, reason, owner_id, owner_name, by_id, by_name, since, until)
     select $1, r."silenceId", r."customerId", r."productId", r.category, r.condition, r.id, 'maintenance', r."windowId", r.name, r."ownerId", r."ownerName", r."ownerId", r."ownerName", $2, r.until
     from json_to_recordset($3) as r ("silenceId" uuid, id uuid, "customerId" uuid, "productId" uuid, category text, condition text, "windowId" uuid, name text, "ownerId" uuid, "ownerName" text, until timestamptz)`,
    [db.tenant.partnerId, now, JSON.stringify(rows)],
  )
  await db.query(
    `update event e set silence_id = r."silenceId", silence_kind = 'maintenance', version = e.version + 1 from json_to_recordset($1) as r ("silenceId" uuid, id uuid) where e.id = r.id`,
    [JSON.stringify(rows)],
  )
  await addSteps(
    db,
    rows.map((row) => ({
      eventId: row.id,
      customerId: row.customerId,
      what: 'maintenance',
      figures: {},
      details: { reason: row.name, until: row.until.toISOString() },
    })),
    now,
  )
  for (const { id, customerId, productId } of silent) {
    db.announce({ kind: 'event', id, customerId })
    db.announce({ kind: 'product', id: productId, customerId })
    db.announce({ kind: 'customer', id: customerId, customerId })
  }
  return new Set(hushed.keys())
}

/**
 * Silences by a window that is not in force for their product any more, or not as it was: it ended early, was changed or deleted, the product went to another customer, the customer lost the tag. What it
 * covers still goes silent anew.
 */
export function lapsed(silences: readonly ActiveSilence[], windows: readonly ActiveWindow[]): ActiveSilence[] {
  const holds = ({ windowId, productId, category, reason, until }: ActiveSilence) =>
    windows.some(
      (window) =>
        window.id === windowId &&
        window.productId === productId &&
        window.name === reason &&
        window.endsAt.getTime() === until?.getTime() &&
        window.groups.includes(categoryById.get(category)?.group ?? ''),
    )
  return silences.filter((silence) => silence.kind === 'maintenance' && !holds(silence))
}

/** Of events that a window of some endpoints keeps silent, the silences that do not hold any more: another endpoint is concerned by now. @param silent with `windowId` */
export async function outgrown(
  db: TenantDb,
  silent: readonly (Audible & { silenceId: string; windowId: string })[],
  windows: readonly ActiveWindow[],
  now: Date,
): Promise<string[]> {
  const over: string[] = []
  for (const event of silent) {
    const window = windows.find(({ id, productId }) => id === event.windowId && productId === event.productId)
    if (window !== undefined && isNarrow(window) && !(await covers(db, window, event, now))) over.push(event.silenceId)
  }
  return over
}
