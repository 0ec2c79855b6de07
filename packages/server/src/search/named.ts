import { findsWith, searchKinds, type HitOf, type SearchHit, type SearchKind } from '@vigie/domain/search'
import { restrictView } from '../consent/index.ts'
import type { Actor, TenantDb } from '../platform/index.ts'
import { toHit } from './endpoints.ts'
import { toEventHit, type EventHitRow } from './events.ts'
import { threatColumns, threatJoins, toThreatHit, type ThreatHitRow } from './threats.ts'

type Read = (db: TenantDb, ids: readonly string[]) => Promise<SearchHit[]>

/** By their keys, behind the wall: what one may not see is not there. */
const readers: Readonly<Record<SearchKind, Read>> = {
  async customer(db, ids) {
    const { rows } = await db.query<{ id: string; name: string; accountId: string }>(
      'select id, company as name, account_id as "accountId" from customer where id = any($1::uuid[])',
      [ids],
    )
    return rows.map((row) => ({ kind: 'customer', ...row, contact: null }))
  },
  async product(db, ids) {
    const { rows } = await db.query<Omit<HitOf<'product'>, 'kind'>>(
      `select p.id, p.description as name, p.type_id as "typeId", p.customer_id as "customerId", c.company as "customerName"
       from product p join customer c on c.partner_id = p.partner_id and c.id = p.customer_id where p.id = any($1::uuid[])`,
      [ids],
    )
    return rows.map((row) => ({ kind: 'product', ...row }))
  },
  async endpoint(db, ids) {
    const consented = (await restrictView(db, 'view-endpoints', 'e.customer_id', {})) ?? 'true'
    const { rows } = await db.query<Parameters<typeof toHit>[0]>(
      `select e.id, e.name, '{}'::text[] as addresses, '{}'::text[] as former_names, e.customer_id, c.company, p.description
       from endpoint e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id join product p on p.partner_id = e.partner_id and p.id = e.product_id where e.id = any($1::uuid[]) and ${consented}`,
      [ids],
    )
    return rows.map((row) => toHit(row, { folded: [] }))
  },
  async event(db, ids) {
    const { rows } = await db.query<EventHitRow>(
      `select e.id, e.category, e.condition, e.figures, e.severity, e.state, e.last_raised_at, e.customer_id, c.company, p.description, null as threat
       from event e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id join product p on p.partner_id = e.partner_id and p.id = e.product_id where e.id = any($1::uuid[])`,
      [ids],
    )
    return rows.map(toEventHit)
  },
  async threat(db, ids) {
    const consented = (await restrictView(db, 'view-detections', 't.customer_id', {})) ?? 'true'
    const { rows } = await db.query<ThreatHitRow>(
      `select ${threatColumns} from threat_seen t ${threatJoins} where t.id = any($1::uuid[]) and ${consented}`,
      [ids],
    )
    return rows.map(toThreatHit)
  },
  async account(db, ids) {
    const { rows } = await db.query<Omit<HitOf<'account'>, 'kind'>>(
      `select id, vigie.person_name(first_name, last_name) as name, email, role, state from account where id = any($1::uuid[])`,
      [ids],
    )
    return rows.map((row) => ({ kind: 'account', ...row }))
  },
}

/** In the order asked. @param refs `kind:id` */
export async function named(db: TenantDb, actor: Actor, refs: readonly string[]): Promise<SearchHit[]> {
  const asked = refs.map((ref) => ref.split(':') as [SearchKind, string])
  const found = new Map<string, SearchHit>()
  for (const kind of searchKinds) {
    const ids = asked.filter(([one]) => one === kind).map(([, id]) => id)
    if (ids.length === 0 || !actor.permissions.has(findsWith[kind])) continue
    for (const hit of await readers[kind](db, ids)) found.set(`${kind}:${hit.id}`, hit)
  }
  return [...new Set(refs)].flatMap((ref) => found.get(ref) ?? [])
}
