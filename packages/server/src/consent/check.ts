import type { Activity, ConsentState, ViewActivity } from '@vigie/domain/consent'
import { isAllowed } from '@vigie/domain/consent'
import { Problem } from '@vigie/domain/kernel'
import type { TenantDb } from '../platform/index.ts'

/**
 * Holds a withdrawal and a sending apart until commit: whoever sends shares the gate with others who send, whoever withdraws has it alone. So an order is either
 * there when the withdrawal calls off what waits, or is refused. An advisory lock, not the customer's row: ingest moves its counts all the time. Taken before any row
 * is locked: a withdrawal locks commands only afterwards.
 */
export async function enterGate(db: TenantDb, customerIds: readonly string[], kind: 'sends' | 'withdraws'): Promise<void> {
  const lock = kind === 'sends' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock'
  // in the order of the ids: two orders over many customers never wait for each other
  await db.query(
    `select ${lock}(hashtextextended('consent ' || one, 0)) from (select one from unnest($1::text[]) one order by one) ordered`,
    [customerIds],
  )
}

interface StandingRow {
  decision: 'given' | 'withdrawn' | null
  since: Date | null
  is_strict: boolean
}

/** What the customer said last of an activity. Plan: the primary key. */
async function standing(
  db: TenantDb,
  customerId: string,
  activity: Activity,
): Promise<{ state: ConsentState; since: Date | null; isAllowed: boolean }> {
  const {
    rows: [row],
  } = await db.query<StandingRow>(
    `select p.is_consent_strict as is_strict, s.decision, s.since from partner p left join consent_state s on s.partner_id = p.id and s.customer_id = $1 and s.activity = $2 where p.id = $3`,
    [customerId, activity, db.tenant.partnerId],
  )
  const state = row?.decision ?? 'not-recorded'
  return { state, since: row?.since ?? null, isAllowed: isAllowed(state, row?.is_strict ?? true) }
}

/** The customer's word on it, with its date, so that the person knows whom to ask. @throws consent.missing */
export async function assertConsent(db: TenantDb, customerId: string, activity: Activity): Promise<void> {
  const { isAllowed: may, state, since } = await standing(db, customerId, activity)
  if (!may) throw new Problem('consent.missing', { customerId, activity, state, since: since?.toISOString() ?? null })
}

/** Of several customers those who did not consent. Plan: the primary key. */
export async function withoutConsent(db: TenantDb, customerIds: readonly string[], activity: Activity): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string; decision: 'given' | 'withdrawn' | null; is_strict: boolean }>(
    `select one as id, s.decision, p.is_consent_strict as is_strict from unnest($1::uuid[]) one join partner p on p.id = $3
       left join consent_state s on s.partner_id = p.id and s.customer_id = one and s.activity = $2`,
    [customerIds, activity, db.tenant.partnerId],
  )
  return new Set(rows.filter((row) => !isAllowed(row.decision ?? 'not-recorded', row.is_strict)).map((row) => row.id))
}

/** Also the hook for what goes out to the customer's own people: `notify`. */
export const isViewAllowed = async (db: TenantDb, customerId: string, activity: Activity): Promise<boolean> =>
  (await standing(db, customerId, activity)).isAllowed

/**
 * What a list must leave out, as a condition on its customer column; null where there is nothing to leave out, which one short query tells: lists then cost what
 * they did. Plan: consent_state_withdrawn (or, where strict, consent_state_decision), once for the list and not for each row. @param column such as `d.customer_id`; @param activity from a closed list, never outside text
 */
async function condition(db: TenantDb, activity: ViewActivity, column: string): Promise<string | null> {
  const {
    rows: [row],
  } = await db.query<{ is_strict: boolean; is_any: boolean }>(
    `select is_consent_strict as is_strict, exists (select from consent_state where activity = $1 and decision = 'withdrawn') as is_any from partner where id = $2`,
    [activity, db.tenant.partnerId],
  )
  if (row?.is_strict !== false)
    return `${column} in (select customer_id from consent_state where activity = '${activity}' and decision = 'given')`
  return row.is_any
    ? `${column} not in (select customer_id from consent_state where activity = '${activity}' and decision = 'withdrawn')`
    : null
}

/** Whose a product or an endpoint is; null: not there, or not for these eyes. */
async function ownerOf(db: TenantDb, what: Named): Promise<string | null> {
  if (what.customerId) return what.customerId
  const [table, id] = what.productId ? ['product', what.productId] : ['endpoint', what.endpointId]
  const {
    rows: [row],
  } = await db.query<{ customer_id: string }>(`select customer_id from ${table} where id = $1`, [id])
  return row?.customer_id ?? null
}

interface Named {
  customerId?: string | undefined
  productId?: string | undefined
  endpointId?: string | undefined
}

/** @throws consent.missing */
async function assertView(db: TenantDb, activity: ViewActivity, what: Named): Promise<void> {
  if (!what.customerId && !what.productId && !what.endpointId) return
  const customerId = await ownerOf(db, what)
  // a customer that is not there is the list's own affair: nothing of it is in consent_state, and the list is empty
  if (customerId === null || (await db.query('select from customer where id = $1', [customerId])).rowCount === 0) return
  await assertConsent(db, customerId, activity)
}

/**
 * What a list adds to its conditions; null: nothing, and it costs what it did. One that asks for a customer, product or endpoint that may not be seen says so: an
 * empty one would tell that nothing is there. @throws consent.missing
 */
export async function restrictView(db: TenantDb, activity: ViewActivity, column: string, named: Named): Promise<string | null> {
  const restriction = await condition(db, activity, column)
  if (restriction !== null) await assertView(db, activity, named)
  return restriction
}

/** Network addresses of these customers' machines, in what is shown of them all the same: who of them does not consent. Null: it was nobody's. */
export const withoutAddresses = (db: TenantDb, customerIds: readonly (string | null)[]): Promise<Set<string>> =>
  withoutConsent(db, [...new Set(customerIds.filter((id) => id !== null))], 'view-addresses')

/**
 * Where words are sought, addresses that may not be seen are no words either: whoever finds a machine by its address has been told it. @returns `words` (as `vigie.endpoint_words` makes them: name,
 * addresses, the rest, a line each), as SQL, without the second line where the customer behind `column` does not consent; as they are where nobody withholds any.
 */
export async function soughtWords(db: TenantDb, words: string, column: string): Promise<string> {
  const seen = await condition(db, 'view-addresses', column)
  return seen === null ? words : `case when ${seen} then ${words} else vigie.without_addresses(${words}) end`
}

/** The same where addresses stand by themselves: may the customer behind `column` be found by them? As SQL. */
export const soughtByAddress = async (db: TenantDb, column: string): Promise<string> =>
  (await condition(db, 'view-addresses', column)) ?? 'true'
