import { longestAlertDays, outbreakApi, type FeedDocument } from '@vigie/domain/outbreak'
import { Problem } from '@vigie/domain/kernel'
import { assertSecondFactor } from '../access/index.ts'
import { doer, record, recordAll } from '../audit/index.ts'
import {
  assertVersion,
  exportPageSize,
  handle,
  handleInSteps,
  handleStream,
  speaker,
  streamCsv,
  tenantOf,
  type Handler,
  type TenantDb,
} from '../platform/index.ts'
import { endpointsOf, sums } from './concern.ts'
import * as feeds from './feed.ts'
import * as rules from './rules.ts'
import { lookAtAlerts } from './spreading.ts'
import * as alerts from './store.ts'

const objectOf = ({ id, name }: { id: string; name: string }) => ({ kind: 'virus-alert', id, name })
const feedObject = (name: string) => ({ kind: 'virus-alert-feed', id: null, name })

/** @throws request.invalid: it would be over before it began, or last longer than anybody looks ahead */
function assertEnd(endsAt: string, now: Date): void {
  const at = Date.parse(endsAt)
  if (at <= now.getTime()) throw new Problem('request.invalid', {}, { fields: [{ path: 'endsAt', code: 'until.past' }] })
  if (at > now.getTime() + longestAlertDays * 86_400_000)
    throw new Problem('request.invalid', {}, { fields: [{ path: 'endsAt', code: 'until.too-far', values: { max: longestAlertDays } }] })
}

const shown = async (db: TenantDb, id: string, now: Date) => alerts.toAlert(await alerts.row(db, id), now, await alerts.isOperator(db))

/** What the feed's document makes of its alerts, each with its record. One that it names no more is withdrawn. */
async function take(db: TenantDb, document: FeedDocument, now: Date) {
  const known = await alerts.ofFeed(db, now)
  const wanted = document.alerts.filter(({ endsAt }) => Date.parse(endsAt) > now.getTime())
  const done: { activity: string; object: ReturnType<typeof objectOf>; before?: unknown; after: unknown }[] = []
  for (const { id: feedKey, startsAt, ...said } of wanted) {
    const before = known.get(feedKey)
    if (before === undefined) {
      const id = await alerts.add(db, { ...said, startsAt: new Date(startsAt), feedKey, declaredBy: null }, now)
      done.push({ activity: 'virus-alert.declared', object: objectOf({ id, name: said.name }), after: { ...said, feedKey } })
    } else if (await alerts.change(db, before.id, said)) {
      done.push({ activity: 'virus-alert.changed', object: objectOf(before), before: alerts.toAlert(before, now, false), after: said })
    }
  }
  for (const alert of [...known.values()].filter(({ feed_key }) => !wanted.some(({ id }) => id === feed_key))) {
    await alerts.withdraw(db, alert.id, now)
    done.push({
      activity: 'virus-alert.withdrawn',
      object: objectOf(alert),
      before: { endsAt: alert.ends_at.toISOString() },
      after: { withdrawnAt: now.toISOString() },
    })
  }
  return done
}

export const outbreakRoutes: Handler[] = [
  handle(outbreakApi.listAlerts, async ({ db, now }, { query }) => {
    const isOperator = await alerts.isOperator(db)
    const { rows, nextCursor } = await alerts.list(db, query, now)
    return { rows: rows.map((row) => alerts.toAlert(row, now, isOperator)), nextCursor }
  }),

  handle(outbreakApi.alertsNow, async ({ db, now }) => {
    const rows = await alerts.standing(db, now)
    return {
      rows: rows.map((row) => alerts.toAlert(row, now, false)),
      ...(rows.length === 0 ? { vulnerable: 0, toClean: 0, customers: 0 } : await sums(db)),
    }
  }),

  handle(outbreakApi.getAlert, async ({ db, now }, { params }) => await shown(db, params.alertId, now)),

  // its own business sees it at once; the others within the minute
  handle(outbreakApi.declareAlert, async ({ db, services, now, ...who }, { body }) => {
    await alerts.assertOperator(db)
    assertEnd(body.endsAt, now)
    const id = await alerts.add(db, { ...body, startsAt: now, feedKey: null, declaredBy: who.actor.name }, now)
    await lookAtAlerts(db, services, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'virus-alert.declared',
      object: objectOf({ id, name: body.name }),
      after: body,
    })
    return await shown(db, id, now)
  }),

  handle(outbreakApi.updateAlert, async ({ db, services, now, ifMatch, ...who }, { params, body }) => {
    await alerts.assertOperator(db)
    const before = await alerts.lockOpen(db, params.alertId, now)
    if (before.feed_key !== null) throw new Problem('alert.of-feed')
    assertVersion(ifMatch, before.version)
    assertEnd(body.endsAt, now)
    if (await alerts.change(db, before.id, body)) {
      await lookAtAlerts(db, services, now)
      await record(db, services.vault, now, doer(who), {
        activity: 'virus-alert.changed',
        object: objectOf(before),
        before: alerts.toAlert(before, now, false),
        after: body,
      })
    } else db.markAudited()
    return await shown(db, before.id, now)
  }),

  handle(outbreakApi.withdrawAlert, async ({ db, services, now, ...who }, { params }) => {
    await alerts.assertOperator(db)
    const before = await alerts.lockOpen(db, params.alertId, now)
    await alerts.withdraw(db, before.id, now)
    await lookAtAlerts(db, services, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'virus-alert.withdrawn',
      object: objectOf(before),
      before: { endsAt: before.ends_at.toISOString() },
      after: { withdrawnAt: now.toISOString() },
    })
    return await shown(db, before.id, now)
  }),

  handle(
    outbreakApi.listAlertEndpoints,
    async ({ db }, { params, query }) => await endpointsOf(db, await alerts.row(db, params.alertId), query),
  ),

  handleStream(outbreakApi.exportAlertEndpoints, async (context, { params, query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = ['endpoint', 'customer', 'platform', 'real-time-scan', 'pattern-built', 'open-infections'].map((name) =>
      say(`column.${name}`),
    )
    await streamCsv(context, reply, 'virus-alert-endpoints.csv', head, async (db, cursor) => {
      const alert = await alerts.row(db, params.alertId)
      const page = await endpointsOf(db, alert, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'virus-alert.endpoints-exported',
          object: objectOf(alert),
          after: query,
        })
      return {
        rows: page.rows.map((one) => [
          one.name,
          one.customerName,
          one.platform,
          say(`real-time-scan.${one.realTimeScan}`),
          one.patternBuiltAt,
          one.openInfections,
        ]),
        nextCursor: page.nextCursor,
      }
    })
  }),

  handle(outbreakApi.getFeed, async ({ db }) => {
    await alerts.assertOperator(db)
    return { feed: await feeds.get(db) }
  }),

  handleInSteps(outbreakApi.setFeed, async ({ services, now, change, actor, origin }, { body: { name, publicKey, code } }) => {
    await services.database.transaction(tenantOf(actor), alerts.assertOperator)
    if (!feeds.isKey(publicKey)) throw new Problem('request.invalid', {}, { fields: [{ path: 'publicKey', code: 'key.shape' }] })
    await assertSecondFactor(services, actor, code, now)
    return await change(async (db) => {
      await alerts.assertOperator(db)
      const before = await feeds.get(db, { isLocked: true })
      await feeds.set(db, { name, publicKey })
      await record(db, services.vault, now, doer({ actor, origin }), {
        activity: 'virus-alert.feed-set',
        object: feedObject(name),
        before,
        after: { name, publicKey },
      })
      db.announce({ kind: 'alert', id: 'feed', customerId: null })
      return { feed: await feeds.get(db) }
    })
  }),

  handle(outbreakApi.removeFeed, async ({ db, services, now, ...who }) => {
    await alerts.assertOperator(db)
    const before = await feeds.get(db, { isLocked: true })
    if (before === null) {
      db.markAudited() // nothing changes
      return { feed: null }
    }
    await feeds.remove(db)
    await record(db, services.vault, now, doer(who), {
      activity: 'virus-alert.feed-removed',
      object: feedObject(before.name),
      before,
      after: null,
    })
    db.announce({ kind: 'alert', id: 'feed', customerId: null })
    return { feed: null }
  }),

  handle(outbreakApi.importFeed, async ({ db, services, now, ...who }, { body }) => {
    await alerts.assertOperator(db)
    const feed = await feeds.get(db, { isLocked: true })
    if (feed === null) throw new Problem('feed.none')
    const document = feeds.readFile(body.file, feed, now)
    const done = await take(db, document, now)
    await feeds.taken(db, document.sequence, now)
    db.announce({ kind: 'alert', id: 'feed', customerId: null })
    await lookAtAlerts(db, services, now)
    const count = (activity: string) => done.filter((one) => one.activity === `virus-alert.${activity}`).length
    const outcome = { declared: count('declared'), changed: count('changed'), withdrawn: count('withdrawn'), sequence: document.sequence }
    await recordAll(db, services.vault, now, doer(who), [
      ...done,
      { activity: 'virus-alert.feed-imported', object: feedObject(feed.name), before: { sequence: feed.sequence }, after: outcome },
    ])
    return outcome
  }),

  handle(outbreakApi.listRules, async ({ db, now }, { query }) => await rules.list(db, query, now)),

  handleStream(outbreakApi.exportRules, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = ['customer', 'outbreak-rule', 'days', 'consent', 'defended-until'].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'outbreak-defence.csv', head, async (db, cursor) => {
      const page = await rules.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor }, context.now)
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'outbreak.rules-exported',
          object: { kind: 'outbreak-rule', id: null, name: 'outbreak-defence.csv' },
          after: query,
        })
      return {
        rows: page.rows.map((one) => [
          one.company,
          say(`outbreak-rule.${one.rule.from}`),
          one.rule.from === 'never' ? null : one.rule.days,
          say(`consent-state.${one.hasConsented ? 'given' : 'not-recorded'}`),
          one.defendedUntil,
        ]),
        nextCursor: page.nextCursor,
      }
    })
  }),

  handle(outbreakApi.setRules, async ({ db, services, now, ...who }, { body: { customerIds, rule } }) => {
    const changed = await rules.set(db, customerIds, rule)
    if (changed.length === 0) db.markAudited() // nothing changes
    for (const { customerId } of changed) db.announce({ kind: 'alert', id: customerId, customerId })
    await recordAll(
      db,
      services.vault,
      now,
      doer(who),
      changed.map(({ customerId, company, before }) => ({
        activity: 'outbreak.rule-changed',
        object: { kind: 'customer', id: customerId, name: company },
        customerId,
        before,
        after: rule,
      })),
    )
    return { changed: changed.length, unchanged: new Set(customerIds).size - changed.length }
  }),
]
