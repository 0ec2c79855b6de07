import { createHash, randomBytes } from 'node:crypto'
import type pg from 'pg'

/** A line of a scope (ACC-14). Without `customerId`: of all customers. */
export interface ScopeLine {
  effect: 'allow' | 'deny'
  customerId?: string
}

/** A technician of the operator, put in past the server: signing in would measure passwords. @param scope null: sees all */
export async function anAccount(database: pg.Client, name: string, scope: readonly ScopeLine[] | null): Promise<string> {
  const {
    rows: [account],
  } = await database.query<{ id: string }>(
    `insert into account (partner_id, id, email, first_name, last_name, role, state, locale, time_zone, is_scope_limited)
     select id, gen_random_uuid(), $1 || '@example.com', 'Bench', $1, 'technician', 'active', 'en', 'UTC', $2 from partner where kind = 'operator' returning id`,
    [name, scope !== null],
  )
  for (const [position, { effect, customerId = null }] of (scope ?? []).entries())
    await database.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id)
       select partner_id, gen_random_uuid(), id, $2, $3, case when $4::uuid is null then 'all' else 'customer' end, $4 from account where id = $1`,
      [account!.id, position, effect, customerId],
    )
  return account!.id
}

/** The cookie's value of a session that is signed in. */
export async function aSession(database: pg.Client, accountId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await database.query(
    `insert into session (partner_id, id, account_id, token_hash, state, address, user_agent, created_at, last_used_at, expires_at)
     select partner_id, gen_random_uuid(), id, $2, 'full', '', 'bench', now(), now(), now() + interval '1 hour' from account where id = $1`,
    [accountId, createHash('sha256').update(token).digest()],
  )
  return token
}
