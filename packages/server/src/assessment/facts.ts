import {
  fullestPercent,
  numberAt,
  reportedServices,
  spanKind,
  type Category,
  type Fact,
  type ReportedService,
} from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 86_400_000
/**
 * An endpoint counts as deployed while its components are at most this much older than the product's newest: signatures come out daily and endpoints fetch them at their
 * own hours, so that without it every update would look like a fall to a few per cent (EVT-9: no flapping).
 */
export const deployWithinMs = 48 * 60 * minuteMs

/** Of an endpoint: in the group of mail servers, or its gateway says what mail it handled. */
export const isMailServer = (table: string): string => `(${table}."group" = 'mail-servers' or coalesce(${table}.health ? 'mail', false))`

/** What the endpoints of a product say of themselves, together. */
export interface Health {
  /** Whole per cent that are free (rounded down), one for each endpoint where it is little (EVT-3). */
  lowOnDisk: readonly number[]
  mailHandled: number
  mailSpam: number
  /** When the first of them said that it is down, by service. */
  down: Partial<Record<ReportedService, Date>>
  licenceEndsAt: Date | null
  seatsOver: number
}

/** What is known of one product, from kept counts only: never from the detections themselves (performance.md, P5). */
export interface ProductFacts {
  /** By category. `oldest`: the first minute that still counts. */
  detections: Map<string, { count: number; oldest: Date }>
  infections: Map<string, { count: number; endpoints: number }>
  endpointsByScan: Map<string, number>
  /** Of these, the mail servers. */
  mailServersByScan: Map<string, number>
  /** When the newest components any endpoint has were built or checked; null: nothing is known. */
  freshAt: Date | null
  /** Endpoints whose components are known, and of them those as new as the newest. */
  componentsKnown: number
  componentsDeployed: number
  /** Of the others, those that are mail servers. */
  mailServersOutdated: number
  /** Of its own agents that are switched on (AGT-2), not of those of its site's endpoints. */
  agents: readonly { state: string; lastSeenAt: Date }[]
  /** Endpoints with a connected agent and figures past their promise (PRD-8), and when the next of the others would be. */
  staleEndpoints: number
  /** Of what agents say of their machines; null: none says anything. */
  health: Health | null
  nextStaleAt: Date | null
  /** EVT-5: of the virus alerts in force that concern its endpoints; null: none does. */
  alerts: { red: number; yellow: number; vulnerable: number; toClean: number; nextEndAt: Date } | null
}

/** Of many products at once: one statement a kind of fact, all on their way together. */
export async function readFacts(
  db: TenantDb,
  productIds: readonly string[],
  windowMinutes: number,
  now: Date,
): Promise<Map<string, ProductFacts>> {
  const facts = new Map<string, ProductFacts>(
    productIds.map((id) => [
      id,
      {
        detections: new Map(),
        infections: new Map(),
        endpointsByScan: new Map(),
        mailServersByScan: new Map(),
        freshAt: null,
        componentsKnown: 0,
        componentsDeployed: 0,
        mailServersOutdated: 0,
        agents: [],
        staleEndpoints: 0,
        health: null,
        nextStaleAt: null,
        alerts: null,
      },
    ]),
  )
  const [alerts, health, detections, infections, endpoints, agents, stale] = await Promise.all([
    readAlerts(db, productIds, now),
    readHealth(db, productIds),
    // a minute counts by its beginning: never anything older than the window
    db.query<{ product_id: string; category: string; count: number; oldest: Date }>(
      `select t.product_id, t.category, sum(t.count)::integer as count, min(t.minute) as oldest
       from tally_minute t left join count_from f on f.product_id = t.product_id and f.category = t.category
       where t.product_id = any($1) and t.minute > $2 and (f.since is null or t.minute >= date_trunc('minute', f.since)) group by 1, 2`,
      [productIds, new Date(now.getTime() - windowMinutes * minuteMs)],
    ),
    db.query<{ product_id: string; category: string; count: number; endpoints: number }>(
      'select product_id, category, count(*)::integer as count, count(distinct endpoint_id)::integer as endpoints from infection where product_id = any($1) and closed_at is null group by 1, 2',
      [productIds],
    ),
    db.query<{
      product_id: string
      real_time_scan: string
      built: Date | null
      count: number
      mail_servers: number
      checked_at: Date | null
    }>(
      `select product_id, real_time_scan, date_trunc('minute', pattern_built_at) as built, count(*)::integer as count, (count(*) filter (where ${isMailServer('endpoint')}))::integer as mail_servers, max(update_checked_at) as checked_at
       from endpoint where product_id = any($1) group by 1, 2, 3`,
      [productIds],
    ),
    db.query<{ product_id: string; state: string; last_seen_at: Date }>(
      `select product_id, state, coalesce(last_seen_at, registered_at) as last_seen_at from agent where product_id = any($1) and role = 'own' and switch = 'enabled'`,
      [productIds],
    ),
    db.query<{ product_id: string; stale: number; next_at: Date | null }>(
      `select r.product_id, count(*) filter (where r.stale_at <= $2)::integer as stale, min(r.stale_at) filter (where r.stale_at > $2) as next_at
       from (select e.product_id, e.received_at + p.fresh_for_seconds * interval '1 second' as stale_at
         from endpoint e join product p on p.id = e.product_id join agent a on a.id = e.agent_id
         where e.product_id = any($1) and e.received_at is not null and a.switch = 'enabled' and a.state in ('online', 'plug-in-error') and a.connection_id is not null) r group by 1`,
      [productIds, now],
    ),
  ])
  for (const [productId, of] of Map.groupBy(agents.rows, ({ product_id }) => product_id))
    facts.get(productId)!.agents = of.map(({ state, last_seen_at }) => ({ state, lastSeenAt: last_seen_at }))
  for (const { product_id, stale: count, next_at } of stale.rows)
    Object.assign(facts.get(product_id)!, { staleEndpoints: count, nextStaleAt: next_at })
  for (const { product_id: productId, ...of } of health) facts.get(productId)!.health = of
  for (const { product_id: productId, ...of } of alerts) facts.get(productId)!.alerts = of
  for (const { product_id, category, count, oldest } of detections.rows) facts.get(product_id)!.detections.set(category, { count, oldest })
  for (const { product_id, category, count, endpoints } of infections.rows)
    facts.get(product_id)!.infections.set(category, { count, endpoints })
  for (const [productId, groups] of Map.groupBy(endpoints.rows, ({ product_id }) => product_id)) {
    const of = facts.get(productId)!
    const newestMs = Math.max(...groups.map(({ built }) => built?.getTime() ?? -Infinity))
    const freshMs = Math.max(newestMs, ...groups.map(({ checked_at }) => checked_at?.getTime() ?? -Infinity))
    if (freshMs > -Infinity) of.freshAt = new Date(freshMs)
    for (const { real_time_scan, built, count, mail_servers } of groups) {
      of.endpointsByScan.set(real_time_scan, (of.endpointsByScan.get(real_time_scan) ?? 0) + count)
      of.mailServersByScan.set(real_time_scan, (of.mailServersByScan.get(real_time_scan) ?? 0) + mail_servers)
      if (built === null) continue
      of.componentsKnown += count
      if (built.getTime() >= newestMs - deployWithinMs) of.componentsDeployed += count
      else of.mailServersOutdated += mail_servers
    }
  }
  return facts
}

/** Plan: index endpoint_by_product, as the other counts of endpoints. Of several licences the one that is over first counts. */
async function readHealth(db: TenantDb, productIds: readonly string[]): Promise<(Health & { product_id: string })[]> {
  const { rows } = await db.query<{
    product_id: string
    lowOnDisk: number[]
    mailHandled: number
    mailSpam: number
    licenceEndsAt: Date | null
    seatsOver: number
    down: (Date | null)[]
  }>(
    `select product_id, coalesce(array_agg(floor((health->>'freeRatio')::double precision * 100)::integer) filter (where (health->>'freeRatio')::double precision < $2), '{}') as "lowOnDisk", coalesce(sum((health->'mail'->>'handled')::bigint), 0)::double precision as "mailHandled",
       coalesce(sum((health->'mail'->>'spam')::bigint), 0)::double precision as "mailSpam", min((health->'licence'->>'expiresAt')::timestamptz) as "licenceEndsAt",
       coalesce(max((health->'licence'->>'seatsUsed')::bigint - (health->'licence'->>'seats')::bigint), 0)::double precision as "seatsOver",
       array[${reportedServices.map((service) => `min((health->'down'->>'${service}')::timestamptz)`).join(', ')}] as down
     from endpoint where product_id = any($1) and health is not null group by 1`,
    [productIds, fullestPercent / 100],
  )
  return rows.map(({ down, ...row }) => ({
    ...row,
    down: Object.fromEntries(reportedServices.flatMap((service, n) => (down[n] ? [[service, down[n]]] : []))),
  }))
}

/** Costs one look at an empty table where no alert is in force. */
async function readAlerts(
  db: TenantDb,
  productIds: readonly string[],
  now: Date,
): Promise<(NonNullable<ProductFacts['alerts']> & { product_id: string })[]> {
  const { rows } = await db.query<NonNullable<ProductFacts['alerts']> & { product_id: string }>(
    `with alert as materialized (select * from virus_alert where starts_at <= $2 and ends_at > $2 and withdrawn_at is null),
       hit as (
         select e.product_id, count(distinct a.id) filter (where a.level = 'red') as red, count(distinct a.id) filter (where a.level = 'yellow') as yellow,
           count(distinct e.id) filter (where vigie.is_open_to(e.real_time_scan, e.pattern_built_at, a.recognised_from)) as vulnerable, min(a.ends_at) as next_end
         from endpoint e join alert a on vigie.is_hit(e.platform, a.platforms) where e.product_id = any($1) and exists (select from alert) group by 1
       ), infected as (
         select i.product_id, count(distinct i.endpoint_id) as to_clean from infection i
         where i.product_id = any($1) and i.closed_at is null and exists (select from alert where cardinality(threats) > 0) and exists (select from alert a where vigie.names_threat(i.threat, a.threats)) group by 1
       )
     select h.product_id, h.red::integer, h.yellow::integer, h.vulnerable::integer, coalesce(i.to_clean, 0)::integer as "toClean", h.next_end as "nextEndAt"
     from hit h left join infected i on i.product_id = h.product_id`,
    [productIds, now],
  )
  return rows
}

/** The numbers a category asks for. */
export function factsOf(category: Category, of: ProductFacts, now: Date): Record<string, number> {
  return Object.fromEntries(
    Object.entries(category.facts).map(([name, fact]): [string, number] => {
      switch (fact.of) {
        case 'detections':
          return [name, of.detections.get(category.id)?.count ?? 0]
        case 'infections':
          return [name, of.infections.get(category.id)?.count ?? 0]
        case 'infected-endpoints':
          return [name, of.infections.get(category.id)?.endpoints ?? 0]
        case 'endpoints': {
          const byScan = fact.areMailServers ? of.mailServersByScan : of.endpointsByScan
          return [name, fact.realTimeScan.reduce((sum, state) => sum + (byScan.get(state) ?? 0), 0)]
        }
        case 'component-age-days':
          return [name, ageDays(of, now)]
        case 'components-deployed-percent':
          return [name, of.componentsKnown === 0 ? 100 : wholePercent(of.componentsDeployed, of.componentsKnown)]
        case 'mail-servers-outdated':
          return [name, of.mailServersOutdated]
        case 'spam-percent':
          return [name, !of.health?.mailHandled ? 0 : wholePercent(of.health.mailSpam, of.health.mailHandled)]
        default:
          return [name, numberAt(fact, basisOf(fact, of), now.getTime())]
      }
    }),
  )
}

/** Of the facts that are kept at their changes (EVT-7): what they are kept as; none of those that are at rest. */
export const basesOf = (category: Category, of: ProductFacts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(category.facts).flatMap(([name, fact]) => {
      const basis = spanKind(fact) === null ? null : basisOf(fact, of)
      return basis === null ? [] : [[name, basis]]
    }),
  )

/** Null: at rest. */
function basisOf(fact: Fact, of: ProductFacts): number | null {
  switch (fact.of) {
    case 'agent-silent-minutes': {
      const since = silent(of, fact.states).map(({ lastSeenAt }) => lastSeenAt.getTime())
      return since.length === 0 ? null : Math.min(...since)
    }
    case 'down-minutes':
      return of.health?.down[fact.service]?.getTime() ?? null
    case 'licence':
      return fact.what === 'seats-over' ? Math.max(0, of.health?.seatsOver ?? 0) || null : (of.health?.licenceEndsAt?.getTime() ?? null)
    case 'stale-endpoints':
      return of.staleEndpoints || null
    case 'virus-alerts':
      return of.alerts?.[fact.level] || null
    case 'alert-infections':
      return of.alerts?.toClean || null
    case 'vulnerable-endpoints':
      return of.alerts?.vulnerable || null
    case 'endpoints-low-on-disk':
      return of.health?.lowOnDisk.filter((freePercent) => freePercent < fact.underPercent).length || null
    default:
      return null
  }
}

/** In this order: 29 / 100 * 100 is less than 29. */
const wholePercent = (part: number, whole: number): number => Math.floor((part * 100) / whole)

/** By the hour that has begun, so that "more than 7 days" is true as soon as they are over; to the hour, since history keeps no more. */
const ageDays = ({ freshAt }: ProductFacts, now: Date): number =>
  freshAt === null ? 0 : Math.max(0, Math.ceil((now.getTime() - freshAt.getTime()) / hourMs)) / 24

const silent = ({ agents }: ProductFacts, states: readonly string[]) => agents.filter(({ state }) => states.includes(state))
/** The longest look back any category takes. */
export const windowMinutesOf = (categories: readonly Category[]): number =>
  Math.max(1, ...categories.flatMap(({ facts }) => Object.values(facts).map((fact) => (fact.of === 'detections' ? fact.lastMinutes : 0))))

/** When the next whole day to or from `end` is over. */
const nextDayOf = (end: Date, now: Date): number => end.getTime() + (Math.floor((now.getTime() - end.getTime()) / dayMs) + 1) * dayMs

/**
 * When time alone may next change the answer; null: never. `isCounting`: an event is open that closes as the hour moves on (a count can only fall by itself, so
 * without one there is nothing to wait for). `at`: the indexes in force.
 */
export function nextChangeAt(
  category: Category,
  of: ProductFacts,
  at: Readonly<Record<string, number>>,
  isCounting: boolean,
  now: Date,
): Date | null {
  const times = Object.values(category.facts).flatMap((fact): number[] => {
    if (fact.of === 'detections') {
      const oldest = of.detections.get(category.id)?.oldest
      return isCounting && oldest ? [oldest.getTime() + fact.lastMinutes * minuteMs + 1] : []
    }
    // an index of such a fact is in its unit: minutes
    if (fact.of === 'agent-silent-minutes') {
      return silent(of, fact.states)
        .flatMap(({ lastSeenAt }) => Object.values(at).map((minutes) => lastSeenAt.getTime() + minutes * minuteMs))
        .filter((ms) => ms > now.getTime())
    }
    if (fact.of === 'down-minutes') {
      const since = of.health?.down[fact.service]
      return since
        ? Object.values(at)
            .map((minutes) => since.getTime() + minutes * minuteMs)
            .filter((ms) => ms > now.getTime())
        : []
    }
    if (fact.of === 'licence' && fact.what !== 'seats-over')
      return of.health?.licenceEndsAt ? [nextDayOf(of.health.licenceEndsAt, now)] : []
    if (fact.of === 'virus-alerts') return of.alerts === null ? [] : [of.alerts.nextEndAt.getTime()]
    if (fact.of === 'stale-endpoints') return of.nextStaleAt === null ? [] : [of.nextStaleAt.getTime() + 1]
    // the moment after each whole day: it is more than so many then
    if (fact.of === 'component-age-days' && of.freshAt !== null) return [nextDayOf(of.freshAt, new Date(now.getTime() - 1)) + 1]
    return []
  })
  return times.length === 0 ? null : new Date(Math.max(Math.min(...times), now.getTime() + 1_000))
}
