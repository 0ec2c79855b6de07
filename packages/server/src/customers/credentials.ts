import { randomBytes } from 'node:crypto'
import type { Credentials } from '@vigie/domain/customers'
import type { Services, TenantDb } from '../platform/index.ts'
import { isPassword } from '../access/index.ts'

/** Read aloud and typed into appliances: nothing that looks like something else. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
const word = (length: number): string => {
  let text = ''
  // bytes above the last whole multiple are thrown away: every letter is as likely as every other
  while (text.length < length)
    for (const byte of randomBytes(length * 2)) if (byte < 248 && text.length < length) text += letters[byte % 31]
  return text
}
export const newUserName = (): string => `v-${word(10)}`
/** 123 bits. */
export const newPassword = (): string => Array.from({ length: 5 }, () => word(5)).join('-')

interface Row {
  user_name: string
  password_hash: string
  previous_hash: string | null
  previous_ends_at: Date | null
  made_at: Date
  made_by: string
}
const columns = 'user_name, password_hash, previous_hash, previous_ends_at, made_at, made_by'

const toCredentials = (row: Row, now: Date): Credentials => ({
  userName: row.user_name,
  madeAt: row.made_at.toISOString(),
  madeBy: row.made_by,
  previousEndsAt: row.previous_ends_at !== null && row.previous_ends_at > now ? row.previous_ends_at.toISOString() : null,
})

export async function get(db: TenantDb, customerId: string, now: Date): Promise<Credentials | null> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from registration_credential where customer_id = $1`, [customerId])
  return row ? toCredentials(row, now) : null
}

/** Makes, or rotates: the user name stays, and the password before ends at `previousEndsAt`. The caller holds the customer's lock. */
export async function put(
  db: TenantDb,
  customerId: string,
  passwordHash: string,
  previousEndsAt: Date,
  madeBy: string,
  now: Date,
): Promise<Credentials> {
  const {
    rows: [row],
  } = await db.query<Row>(
    `insert into registration_credential (partner_id, customer_id, user_name, password_hash, made_at, made_by) values ($1, $2, $3, $4, $5, $6)
     on conflict (partner_id, customer_id) do update set previous_hash = case when $7 > $5 then registration_credential.password_hash end, previous_ends_at = case when $7 > $5 then $7::timestamptz end,
       password_hash = excluded.password_hash, made_at = excluded.made_at, made_by = excluded.made_by returning ${columns}`,
    [db.tenant.partnerId, customerId, newUserName(), passwordHash, now, madeBy, previousEndsAt],
  )
  return toCredentials(row!, now)
}

export const remove = async (db: TenantDb, customerId: string): Promise<void> =>
  void (await db.query('delete from registration_credential where customer_id = $1', [customerId]))

/**
 * Whose appliance this is; null: wrong, whatever of it is. An unknown name takes as long as a wrong password. The caller counts attempts by address and name (R30, R43).
 * @throws server.busy
 */
export async function customerOfRegistration(
  { database }: Pick<Services, 'database'>,
  userName: string,
  password: string,
  now: Date,
): Promise<{ partnerId: string; customerId: string } | null> {
  const [found] = await database.lookup<{ partner_id: string; customer_id: string }>(
    'select partner_id, customer_id from vigie.find_registration($1)',
    [userName],
  )
  const row =
    found &&
    (await database.transaction(
      { partnerId: found.partner_id, scope: 'all', principalId: null },
      async (db) =>
        (await db.query<Row>(`select ${columns} from registration_credential where customer_id = $1`, [found.customer_id])).rows[0],
    ))
  const isPresent = await isPassword(password, row?.password_hash ?? null)
  const previous = row && row.previous_ends_at !== null && row.previous_ends_at > now ? row.previous_hash : null
  const isPrevious = !isPresent && previous !== null && (await isPassword(password, previous))
  return found && (isPresent || isPrevious) ? { partnerId: found.partner_id, customerId: found.customer_id } : null
}
