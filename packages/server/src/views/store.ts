import { Problem } from '@vigie/domain/kernel'
import type { View, ViewList } from '@vigie/domain/views'
import type { TenantDb } from '../platform/index.ts'

/** Who reads: shared views of the business are not for those of a customer's portal. */
export interface Reader {
  accountId: string
  seesShared: boolean
  changesShared: boolean
}

interface Row {
  id: string
  list: ViewList
  name: string
  query: string
  columns: string[] | null
  is_shared: boolean
  version: number
  account_id: string
  owner: string
  is_default: boolean
}
const columns = `v.id, v.list, v.name, v.query, v.columns, v.is_shared, v.version, v.account_id, vigie.person_name(a.first_name, a.last_name) as owner, d.view_id is not null as is_default`
/** `$1`: the reader. `$2`: he sees shared ones. */
const from = `saved_view v join account a on a.partner_id = v.partner_id and a.id = v.account_id
  left join default_view d on d.partner_id = v.partner_id and d.account_id = $1 and d.list = v.list and d.view_id = v.id`
const mine = '(v.account_id = $1 or (v.is_shared and $2))'

const toView = (row: Row, reader: Reader): View => ({
  id: row.id,
  list: row.list,
  name: row.name,
  query: row.query,
  columns: row.columns,
  isShared: row.is_shared,
  owner: { id: row.account_id, name: row.owner },
  isOwn: row.account_id === reader.accountId,
  mayChange: row.account_id === reader.accountId || reader.changesShared,
  isDefault: row.is_default,
  version: row.version,
})

export async function list(db: TenantDb, reader: Reader, of: ViewList): Promise<View[]> {
  const { rows } = await db.query<Row>(`select ${columns} from ${from} where ${mine} and v.list = $3 order by v.name_key, v.id`, [
    reader.accountId,
    reader.seesShared,
    of,
  ])
  return rows.map((row) => toView(row, reader))
}

/** @throws view.not-found */
export async function get(db: TenantDb, reader: Reader, id: string): Promise<View> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from ${from} where ${mine} and v.id = $3`, [reader.accountId, reader.seesShared, id])
  if (!row) throw new Problem('view.not-found')
  return toView(row, reader)
}

/** Locks until commit. @throws view.not-found */
export async function lock(db: TenantDb, reader: Reader, id: string): Promise<View> {
  await db.query('select from saved_view where id = $1 for update', [id])
  return await get(db, reader, id)
}

/** How many one has for a list; locks the account, so that two at once count each other. */
export async function countOwn(db: TenantDb, accountId: string, of: ViewList): Promise<number> {
  await db.query('select from account where id = $1 for no key update', [accountId])
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::integer as count from saved_view where account_id = $1 and list = $2',
    [accountId, of],
  )
  return rows[0]!.count
}

export type ViewParts = Pick<View, 'name' | 'query' | 'columns' | 'isShared'>

export async function insert(db: TenantDb, id: string, accountId: string, of: ViewList, view: ViewParts, now: Date): Promise<void> {
  await db.query(
    'insert into saved_view (partner_id, id, account_id, list, name, query, columns, is_shared, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [db.tenant.partnerId, id, accountId, of, view.name, view.query, view.columns, view.isShared, now],
  )
}

/** One that is shared no more is nobody else's default either. */
export async function update(db: TenantDb, id: string, view: ViewParts): Promise<void> {
  await db.query('update saved_view set name = $2, query = $3, columns = $4, is_shared = $5, version = version + 1 where id = $1', [
    id,
    view.name,
    view.query,
    view.columns,
    view.isShared,
  ])
  if (!view.isShared)
    await db.query('delete from default_view d using saved_view v where d.view_id = $1 and v.id = $1 and d.account_id <> v.account_id', [
      id,
    ])
}

export async function remove(db: TenantDb, id: string): Promise<void> {
  await db.query('delete from saved_view where id = $1', [id])
}

export async function setDefault(db: TenantDb, accountId: string, of: ViewList, viewId: string | null): Promise<void> {
  if (viewId === null) await db.query('delete from default_view where account_id = $1 and list = $2', [accountId, of])
  else {
    await db.query(
      `insert into default_view (partner_id, account_id, list, view_id) values ($1, $2, $3, $4) on conflict (partner_id, account_id, list) do update set view_id = excluded.view_id`,
      [db.tenant.partnerId, accountId, of, viewId],
    )
  }
}
