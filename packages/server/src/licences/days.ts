import { superfluousDays } from '@vigie/domain/licences'
import type { TenantDb } from '../platform/index.ts'
import { termDays } from '../retention/index.ts'

const of = { all: 'day, type_id, kind', each: 'day, customer_id, type_id, kind' }
const counted = `count(*) filter (where expires_at is null or expires_at > $2)::integer, coalesce(sum(seats), 0), coalesce(sum(seats_used), 0)`

/**
 * What there is today (UTC), as often as asked: the last of a day stands. Writes what changed since, and nothing where nothing did; and takes the days away that no bar needs. Products of a business lie
 * behind one statement: all of it is of one moment.
 */
export async function keepDay(db: TenantDb, now: Date): Promise<void> {
  const { partnerId } = db.tenant
  const today = now.toISOString().slice(0, 10)
  await db.query(
    `with present as materialized (select customer_id, type_id, kind, ${counted} from product_licence where partner_id = $1 group by 1, 2, 3),
       gone as (delete from licence_day d where d.day = $3 and not exists (select from present p where (p.customer_id, p.type_id, p.kind) = (d.customer_id, d.type_id, d.kind)))
     insert into licence_day as d (partner_id, day, customer_id, type_id, kind, licences, seats, seats_used) select $1, $3, present.* from present order by 3, 4, 5
     on conflict (partner_id, ${of.each}) do update set licences = excluded.licences, seats = excluded.seats, seats_used = excluded.seats_used
       where (d.licences, d.seats, d.seats_used) is distinct from (excluded.licences, excluded.seats, excluded.seats_used)`,
    [partnerId, now, today],
  )
  await db.query(
    `with present as materialized (select type_id, kind, sum(licences), sum(seats), sum(seats_used) from licence_day where day = $2 group by 1, 2),
       gone as (delete from licence_day_all d where d.day = $2 and not exists (select from present p where (p.type_id, p.kind) = (d.type_id, d.kind)))
     insert into licence_day_all as d (partner_id, day, type_id, kind, licences, seats, seats_used) select $1, $2, present.* from present
     on conflict (partner_id, ${of.all}) do update set licences = excluded.licences, seats = excluded.seats, seats_used = excluded.seats_used
       where (d.licences, d.seats, d.seats_used) is distinct from (excluded.licences, excluded.seats, excluded.seats_used)`,
    [partnerId, today],
  )
  const { rowCount: isNew } = await db.query('insert into licence_day_kept (partner_id, day) values ($1, $2) on conflict do nothing', [
    partnerId,
    today,
  ])
  if (!isNew) return
  const oldest = new Date(now.getTime() - termDays.licenceDay * 86_400_000).toISOString().slice(0, 10)
  const days = await keptDays(db)
  const superfluous = [...new Set([...superfluousDays(days, today), ...days.filter((day) => day < oldest)])]
  for (const table of ['licence_day', 'licence_day_all', 'licence_day_kept'])
    await db.query(`delete from ${table} where day = any($1::date[])`, [superfluous])
}

/** Days that were counted, of this business. */
export async function keptDays(db: TenantDb): Promise<string[]> {
  const { rows } = await db.query<{ day: string }>('select day::text from licence_day_kept order by day')
  return rows.map(({ day }) => day)
}
