import { portalRoles } from '@vigie/domain/access'
import { categoriesOfGroup, categoryById, conditionsOfMany } from '@vigie/domain/categories'
import type { Severity } from '@vigie/domain/events'
import { customersNeedingAttention, notifications, rowsOf, system, topCustomers } from '@vigie/domain/figures'
import { getEvents, mendings } from '../events/index.ts'
import { countFigure, type TenantDb } from '../platform/index.ts'

/** Open and asking for attention: what the events list shows of itself. Plan: the partial indexes `event_attention_*`, so that resolved and silent ones cost nothing (plan.test.ts). */
const open = `e.state <> 'resolved' and e.silence_id is null`
const worstFirst = (a: { severity: Severity; count: number }, b: { severity: Severity; count: number }) =>
  a.severity === b.severity ? b.count - a.count : a.severity === 'action-required' ? -1 : 1
const sum = (rows: readonly { count: number }[]) => rows.reduce((total, { count }) => total + count, 0)

/** At a customer's portal nobody is given an event: there all that is open counts, whoever works on it. */
export const countNotifications = countFigure(notifications, async ({ db, accountId, role }) => {
  const isPortal = (portalRoles as readonly string[]).includes(role)
  const forMe = isPortal ? 'true' : '(e.assignee_id = $1 or e.assignee_id is null)'
  const link = isPortal ? {} : { assignee: 'me,nobody' }
  const { rows: groups } = await db.query<{
    category: string
    severity: Severity
    count: number
    mine: number
    customers: number
    oldest: Date
  }>(
    `select category, severity, sum(count)::integer as count, sum(mine)::integer as mine, count(*)::integer as customers, min(oldest) as oldest from (
       select e.category, e.severity, e.customer_id, count(*) as count, count(*) filter (where e.assignee_id = $1) as mine, min(e.opened_at) as oldest from event e where ${open} and ${forMe} group by 1, 2, 3) at
     group by 1, 2`,
    [accountId],
  )
  // what a virus alert does at many products at once is counted, and told over every screen: it is not ten rows of the same
  const { rows: worst } = await db.query<{ id: string }>(
    `select e.id from event e where ${open} and ($1::uuid is not null and ${forMe}) and (e.category <> all($2::text[]) or e.condition <> all($3::text[])) order by e.severity_rank desc, e.opened_at desc, e.id desc limit 10`,
    [accountId, conditionsOfMany.map(({ category }) => category), conditionsOfMany.map(({ condition }) => condition)],
  )
  const told = new Map(
    (
      await getEvents(
        db,
        worst.map(({ id }) => id),
      )
    ).map((event) => [event.id, event]),
  )
  const newest = worst.flatMap(({ id }) => told.get(id) ?? [])
  const ways = await mendings(db, newest)
  const everybodys = await openEvents(db)
  const ofSeverity = (severity: Severity) => ({
    count: sum(groups.filter((group) => group.severity === severity)),
    rows: rowsOf.events({ ...link, severity }),
  })
  return {
    value: {
      total: { count: sum(groups), rows: rowsOf.events(link) },
      actionRequired: ofSeverity('action-required'),
      warning: ofSeverity('warning'),
      everybodys: {
        actionRequired: { count: everybodys.red, rows: rowsOf.events({ severity: 'action-required' }) },
        warning: { count: everybodys.yellow, rows: rowsOf.events({ severity: 'warning' }) },
      },
      mine: isPortal
        ? { count: 0, rows: null }
        : { count: groups.reduce((total, { mine }) => total + mine, 0), rows: rowsOf.events({ assignee: 'me' }) },
      groups: groups
        .toSorted((a, b) => worstFirst(a, b) || (a.category < b.category ? -1 : 1))
        .map(({ category, severity, count, customers, oldest }) => ({
          category,
          severity,
          events: { count, rows: rowsOf.events({ ...link, category, severity }) },
          customers,
          oldestAt: oldest.toISOString(),
        })),
      newest: newest.map(
        ({
          id,
          customerId,
          customerName,
          productId,
          productName,
          typeId,
          category,
          condition,
          severity,
          figures,
          openedAt,
          lastRaisedAt,
          assignee,
        }) => ({
          id,
          customerId,
          customerName,
          productId,
          productName,
          typeId,
          category,
          condition,
          severity,
          figures,
          openedAt,
          lastRaisedAt,
          assignee: isPortal ? null : assignee,
          resolvedBy: ways.get(id) ?? [],
        }),
      ),
    },
  }
})

interface Open {
  category: string
  severity: Severity
  count: number
}
const bothOf = (rows: readonly Open[], query: Parameters<typeof rowsOf.events>[0]) => {
  const of = (severity: Severity) => ({
    count: sum(rows.filter((row) => row.severity === severity)),
    rows: rowsOf.events({ ...query, severity }),
  })
  return { actionRequired: of('action-required'), warning: of('warning') }
}

export const countSystem = countFigure(system, async ({ db }) => {
  const { rows } = await db.query<Open & { type_id: string }>(
    `select e.category, e.severity, p.type_id, count(*)::integer as count from event e join product p on p.partner_id = e.partner_id and p.id = e.product_id where ${open} and e.category = any($1::text[]) group by 1, 2, 3`,
    [categoriesOfGroup('system')],
  )
  return {
    value: {
      ...bothOf(rows, { group: 'system' }),
      categories: categoriesOfGroup('system').map((category) => {
        const ofCategory = rows.filter((row) => row.category === category)
        const types = [...new Set(ofCategory.map(({ type_id }) => type_id))].toSorted()
        return {
          category,
          ...bothOf(ofCategory, { category }),
          types: types.map((typeId) => ({
            typeId,
            ...bothOf(
              ofCategory.filter((row) => row.type_id === typeId),
              { category, typeId },
            ),
          })),
        }
      }),
    },
  }
})

/** All that is open and asks for attention, by the counts kept with each customer. Plan: customer_attention alone. */
async function openEvents(db: TenantDb): Promise<{ red: number; yellow: number; customers: number }> {
  const {
    rows: [sums],
  } = await db.query<{ red: number; yellow: number; customers: number }>(
    `select coalesce(sum(action_required_count), 0)::integer as red, coalesce(sum(warning_count), 0)::integer as yellow, (count(*) filter (where action_required_count > 0 or warning_count > 0))::integer as customers from customer`,
  )
  return sums!
}

/** From the counts kept with each customer; the events of the few that are named are asked for by their products. */
export const countCustomersNeedingAttention = countFigure(customersNeedingAttention, async ({ db, permissions }) => {
  const sums = await openEvents(db)
  const { rows: top } = await db.query<{ id: string; company: string; red: number; yellow: number }>(
    `select c.id, c.company, c.action_required_count as red, c.warning_count as yellow from customer c where c.action_required_count > 0 or c.warning_count > 0
     order by c.action_required_count desc, c.warning_count desc, c.id desc limit ${topCustomers}`,
  )
  const events = permissions.has('event.read')
    ? await openOf(
        db,
        top.map(({ id }) => id),
      )
    : []
  return {
    value: {
      actionRequired: { count: sums.red, rows: rowsOf.events({ severity: 'action-required' }) },
      warning: { count: sums.yellow, rows: rowsOf.events({ severity: 'warning' }) },
      customers: { count: sums.customers, rows: rowsOf.customers({ attention: 'action-required,warning' }) },
      top: top.map(({ id, company, red, yellow }) => {
        const own = events.filter((row) => row.customer_id === id)
        const categories = [...new Set(own.map(({ category }) => category))].map((category) => ({
          category,
          group: categoryById.get(category)?.group ?? ('system' as const),
          ...bothOf(
            own.filter((row) => row.category === category),
            { customerId: id, category },
          ),
        }))
        return {
          id,
          company,
          actionRequired: { count: red, rows: rowsOf.events({ customerId: id, severity: 'action-required' }) },
          warning: { count: yellow, rows: rowsOf.events({ customerId: id, severity: 'warning' }) },
          categories: categories.toSorted(
            (a, b) =>
              b.actionRequired.count - a.actionRequired.count || b.warning.count - a.warning.count || (a.category < b.category ? -1 : 1),
          ),
        }
      }),
    },
  }
})

/** Plan: product_customer, then event_open of each product that has any. */
async function openOf(db: TenantDb, customerIds: readonly string[]): Promise<(Open & { customer_id: string })[]> {
  const { rows } = await db.query<Open & { customer_id: string }>(
    `select e.customer_id, e.category, e.severity, count(*)::integer as count from event e
     where e.product_id = any(array(select p.id from product p where p.customer_id = any($1::uuid[]) and (p.action_required_count > 0 or p.warning_count > 0))) and ${open} group by 1, 2, 3`,
    [customerIds],
  )
  return rows
}
