import { customerCsvColumns, customersApi, mostMatches, type Customer } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { markDue, productsRetagged } from '../assessment/index.ts'
import { doer, record, recordAll } from '../audit/index.ts'
import { assertVersion, exportPageSize, handle, handleStream, speaker, streamCsv, type Handler, type TenantDb } from '../platform/index.ts'
import * as bulk from './bulk.ts'
import { list, matches, tagsInUse } from './list.ts'
import { lockCandidate, managers, maySee } from './managers.ts'
import * as customers from './store.ts'

const objectOf = (customer: Pick<Customer, 'id' | 'company'>) => ({ kind: 'customer', id: customer.id, name: customer.company })
const announce = (db: TenantDb, ids: readonly string[]) => {
  for (const id of ids) db.announce({ kind: 'customer', id, customerId: id })
}

/** The CSV's columns: the text that heads each, and its cell. */
const csvCells: Record<(typeof customerCsvColumns)[number], [title: string, cell: (row: Customer) => string | number | null]> = {
  company: ['company', (row) => row.company],
  accountId: ['account-id', (row) => row.accountId],
  contact: ['contact', (row) => row.contact?.name ?? null],
  email: ['email', (row) => row.contact?.email ?? null],
  phone: ['phone', (row) => row.contact?.phone || row.phone],
  city: ['city', (row) => row.city],
  country: ['country', (row) => row.country],
  tags: ['tags', (row) => row.tags.join(', ')],
  managedBy: ['managed-by', (row) => row.managedBy?.name ?? null],
  productCount: ['product-count', (row) => row.productCount],
  endpointCount: ['endpoint-count', (row) => row.endpointCount],
  actionRequired: ['action-required', (row) => row.attention.actionRequired],
  warning: ['warning', (row) => row.attention.warning],
  threatActionRequired: ['threat-action-required', (row) => row.threat.actionRequired],
  threatWarning: ['threat-warning', (row) => row.threat.warning],
  systemActionRequired: ['system-action-required', (row) => row.system.actionRequired],
  systemWarning: ['system-warning', (row) => row.system.warning],
  licenceActionRequired: ['licence-action-required', (row) => row.licence.actionRequired],
  licenceWarning: ['licence-warning', (row) => row.licence.warning],
  lastSeenAt: ['last-seen', (row) => row.lastSeenAt],
  createdAt: ['created', (row) => row.createdAt],
}

/** None of them is there: as if one had asked for one that never was (R2). */
function assertSome(held: readonly bulk.Held[]): void {
  if (held.length === 0) throw new Problem('customer.not-found')
}

export const listRoutes: Handler[] = [
  handle(customersApi.listCustomers, async ({ db }, { query }) => await list(db, query)),

  handle(customersApi.matchCustomers, async ({ db }, { query }) => await matches(db, query, mostMatches)),

  handleStream(customersApi.exportCustomers, async (context, { query: { columns = [...customerCsvColumns], ...query } }, reply) => {
    const say = speaker(context.actor.locale)
    const cells = columns.map((column) => csvCells[column])
    await streamCsv(
      context,
      reply,
      'customers.csv',
      cells.map(([title]) => say(`column.${title}`)),
      async (db, cursor) => {
        const page = await list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
        if (cursor === undefined)
          await record(db, context.services.vault, context.now, doer(context), {
            activity: 'customer.exported',
            object: { kind: 'customer', id: null, name: 'customers.csv' },
            after: { ...query, columns },
          })
        return { rows: page.rows.map((row) => cells.map(([, cell]) => cell(row))), nextCursor: page.nextCursor }
      },
    )
  }),

  handle(customersApi.listManagers, async ({ db, actor }) => ({ rows: await managers(db, actor.permissions.has('customer.assign')) })),

  handle(customersApi.listTags, async ({ db }) => ({ rows: await tagsInUse(db, 200) })),

  handle(customersApi.tagCustomers, async ({ db, now, services, ...who }, { body }) => {
    const held = await bulk.lockMany(db, body.ids)
    assertSome(held)
    const plan = bulk.planTags(held, body.add, body.remove)
    await db.widely(() => bulk.writeTags(db, plan.changes))
    // what would leave the asker's sight stays as it was (ACC-14, R5)
    const seen = await bulk.seenAmong(
      db,
      plan.changes.map(({ customer }) => customer.id),
    )
    const lost = plan.changes.filter(({ customer }) => !seen.has(customer.id))
    await db.widely(() =>
      bulk.writeTags(
        db,
        lost.map(({ customer, added, removed }) => ({ customer, added: removed, removed: added })),
      ),
    )
    const changed = plan.changes.filter(({ customer }) => seen.has(customer.id))
    const ids = changed.map(({ customer }) => customer.id)
    await bulk.touch(db, ids)
    await markDue(db, await productsRetagged(db, ids), now)
    announce(db, ids)
    await recordAll(
      db,
      services.vault,
      now,
      doer(who),
      changed.map(({ customer, added, removed }) => ({
        activity: 'customer.tagged',
        object: objectOf(customer),
        customerId: customer.id,
        before: { tags: customer.tags },
        after: { tags: [...customer.tags.filter((tag) => !removed.includes(tag)), ...added].toSorted() },
      })),
    )
    if (changed.length === 0) db.markAudited() // nothing happened
    return {
      changed: changed.map(({ customer, added, removed }) => ({ id: customer.id, added, removed })),
      unchanged: plan.unchanged,
      refused: [
        ...bulk.missing(body.ids, held),
        ...plan.refused,
        ...lost.map(({ customer }) => ({ id: customer.id, company: customer.company, code: 'customer.outside-scope' as const })),
      ],
    }
  }),

  handle(customersApi.assignCustomers, async ({ db, now, services, ...who }, { body }) => {
    const to = body.accountId === null ? null : await lockCandidate(db, body.accountId)
    const held = await bulk.lockMany(db, body.ids)
    assertSome(held)
    const plan = bulk.planAssignment(held, to, body.ifManagedBy, now)
    const ids = plan.changes.map(({ id }) => id)
    await bulk.writeManager(db, ids, bulk.kept(to))
    announce(db, ids)
    await recordAll(
      db,
      services.vault,
      now,
      doer(who),
      plan.changes.map((customer) => ({
        activity: 'customer.assigned',
        object: objectOf(customer),
        customerId: customer.id,
        before: { managedById: customer.managedById },
        after: { managedById: bulk.kept(to), managedBy: to?.name ?? null },
      })),
    )
    if (plan.changes.length === 0) db.markAudited() // nothing happened
    return {
      changed: plan.changes.map(({ id, managedById }) => ({ id, before: managedById })),
      unchanged: plan.unchanged,
      refused: [...bulk.missing(body.ids, held), ...plan.refused],
    }
  }),

  handle(customersApi.assignCustomer, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const to = body.accountId === null ? null : await lockCandidate(db, body.accountId)
    const before = await customers.lock(db, params.customerId)
    assertVersion(ifMatch, before.version)
    if (to !== null && !maySee(to, before, now)) throw new Problem('customer.manager-unfit')
    await bulk.writeManager(db, [before.id], bulk.kept(to))
    const after = await customers.get(db, before.id)
    announce(db, [after.id])
    await record(db, services.vault, now, doer(who), {
      activity: 'customer.assigned',
      object: objectOf(after),
      customerId: after.id,
      before: { managedBy: before.managedBy },
      after: { managedBy: after.managedBy },
    })
    return after
  }),
]
