import { customersApi, type Viewer } from '@vigie/domain/customers'
import { roles } from '@vigie/domain/access'
import { handle, type Handler, type TenantDb } from '../platform/index.ts'
import * as customers from './store.ts'

interface Row {
  id: string
  name: string
  email: string
  role: Viewer['role']
  state: Viewer['state']
  is_told_of_events: boolean
  is_scope_limited: boolean
  lines: { effect: 'allow' | 'deny'; target: 'all' | 'customer' | 'tag'; tag: string | null; endsAt: string | null }[]
}

/** ACC-14: the accounts that see this customer, with the lines that let them in. The same rule as `visible_customers()`; viewers.test.ts holds the two together. */
async function viewersOf(db: TenantDb, customerId: string, now: Date): Promise<Viewer[]> {
  const { rows } = await db.query<Row>(
    `select a.id, vigie.person_name(a.first_name, a.last_name) as name, a.email, a.role, a.state, a.is_told_of_events, a.is_scope_limited,
       coalesce((
         select json_agg(json_build_object('effect', l.effect, 'target', l.target, 'tag', l.tag, 'endsAt', to_char(l.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by l.position)
         from scope_line l
         where l.account_id = a.id and (l.ends_at is null or l.ends_at > $2)
           and (l.target = 'all' or l.customer_id = $1 or (l.target = 'tag' and l.tag in (select t.tag from customer_tag t where t.customer_id = $1)))
       ), '[]') as lines
     from account a order by a.last_name, a.first_name, a.id`,
    [customerId, now],
  )
  return rows
    .filter(
      ({ is_scope_limited, lines }) =>
        !is_scope_limited || (lines.some(({ effect }) => effect === 'allow') && !lines.some(({ effect }) => effect === 'deny')),
    )
    .map((row) => ({
      accountId: row.id,
      name: row.name,
      email: row.email,
      role: row.role,
      state: row.state,
      isToldOfEvents: row.is_told_of_events,
      because: !row.is_scope_limited
        ? [{ kind: 'sees-all' as const }]
        : row.lines.map(({ target, tag, endsAt }) => (target === 'tag' ? { kind: target, tag: tag!, endsAt } : { kind: target, endsAt })),
    }))
    .toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role))
}

export const viewerRoutes: Handler[] = [
  handle(customersApi.listViewers, async ({ db, now }, { params: { customerId } }) => {
    await customers.get(db, customerId)
    return { rows: await viewersOf(db, customerId, now) }
  }),
]
