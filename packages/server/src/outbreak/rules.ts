import { noRule, type CustomerRule, type OutbreakRule, type outbreakApi, type RuleLevel } from '@vigie/domain/outbreak'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'

interface Row {
  from_level: RuleLevel | null
  days: number
  may_block_ports: boolean
  may_deny_writes: boolean
  may_block_attachments: boolean
}
const columns = 'r.from_level, r.days, r.may_block_ports, r.may_deny_writes, r.may_block_attachments'
const toRule = (row: Row): OutbreakRule =>
  row.from_level === null
    ? noRule
    : {
        from: row.from_level,
        days: row.days,
        mayBlockPorts: row.may_block_ports,
        mayDenyWrites: row.may_deny_writes,
        mayBlockAttachments: row.may_block_attachments,
      }

const sorts = { company: [{ sql: 'c.company_key', type: 'text' }] } as const

/** Plan: customer_company; the rest by primary keys, for the rows shown. */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof outbreakApi.listRules>,
  now: Date,
): Promise<{ rows: CustomerRule[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  const consented = `exists (select from consent_state s where s.partner_id = c.partner_id and s.customer_id = c.id and s.activity = 'outbreak-defence' and s.decision = 'given')`
  if (query.from)
    where.push(
      `coalesce((select r.from_level from outbreak_rule r where r.partner_id = c.partner_id and r.customer_id = c.id), 'never') = any(${params.add(query.from)}::text[])`,
    )
  if (query.hasConsented !== undefined) where.push(query.hasConsented ? consented : `not ${consented}`)
  if (query.q) where.push(`c.search_key like vigie.fold(${params.add(likePattern(query.q))})`)
  const page = keyset(sorts, 'c.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<
    Row & { id: string; company: string; has_consented: boolean; defended_until: Date | null; keys: string[] }
  >(
    `select c.id, c.company, ${columns}, ${consented} as has_consented, ${page.keys} as keys,
       (select max(d.until) from outbreak_defence d where d.partner_id = c.partner_id and d.customer_id = c.id and d.stopped_at is null and d.until > ${params.add(now)}) as defended_until
     from customer c left join outbreak_rule r on r.partner_id = c.partner_id and r.customer_id = c.id where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((row) => ({
      id: row.id,
      company: row.company,
      rule: toRule(row),
      hasConsented: row.has_consented,
      defendedUntil: row.defended_until?.toISOString() ?? null,
    })),
    nextCursor: shown.nextCursor,
  }
}

export interface Changed {
  customerId: string
  company: string
  before: OutbreakRule
}

/** @returns those whose rule was another. @throws customer.not-found: all of them, or none */
export async function set(db: TenantDb, customerIds: readonly string[], rule: OutbreakRule): Promise<Changed[]> {
  const { rows } = await db.query<Row & { id: string; company: string }>(
    `select c.id, c.company, ${columns} from customer c left join outbreak_rule r on r.partner_id = c.partner_id and r.customer_id = c.id where c.id = any($1) order by c.id for no key update of c`,
    [customerIds],
  )
  if (rows.length !== new Set(customerIds).size) throw new Problem('customer.not-found')
  const changed = rows
    .map((row) => ({ customerId: row.id, company: row.company, before: toRule(row) }))
    .filter(({ before }) => JSON.stringify(ordered(before)) !== JSON.stringify(ordered(rule)))
  await db.query(
    `insert into outbreak_rule as r (partner_id, customer_id, from_level, days, may_block_ports, may_deny_writes, may_block_attachments) select $1, id, $3, $4, $5, $6, $7 from unnest($2::uuid[]) id
     on conflict (partner_id, customer_id) do update set from_level = excluded.from_level, days = excluded.days, may_block_ports = excluded.may_block_ports, may_deny_writes = excluded.may_deny_writes,
       may_block_attachments = excluded.may_block_attachments`,
    [
      db.tenant.partnerId,
      changed.map(({ customerId }) => customerId),
      rule.from,
      rule.days,
      rule.mayBlockPorts,
      rule.mayDenyWrites,
      rule.mayBlockAttachments,
    ],
  )
  return changed
}
const ordered = ({ from, days, mayBlockPorts, mayDenyWrites, mayBlockAttachments }: OutbreakRule) => [
  from,
  days,
  mayBlockPorts,
  mayDenyWrites,
  mayBlockAttachments,
]

/** Customers that let Vigie begin by itself, said so in words, and whom nobody defends because of this alert yet. Plan: outbreak_rule_allows. */
export async function allowing(
  db: TenantDb,
  alertId: string,
  levels: readonly RuleLevel[],
): Promise<(OutbreakRule & { customerId: string })[]> {
  const { rows } = await db.query<Row & { customer_id: string }>(
    `select r.customer_id, ${columns} from outbreak_rule r
       join consent_state s on s.partner_id = r.partner_id and s.customer_id = r.customer_id and s.activity = 'outbreak-defence' and s.decision = 'given'
     where r.from_level = any($2) and not exists (select from outbreak_defence d where d.partner_id = r.partner_id and d.customer_id = r.customer_id and d.alert_id = $1) order by r.customer_id`,
    [alertId, levels],
  )
  return rows.map((row) => ({ ...toRule(row), customerId: row.customer_id }))
}
