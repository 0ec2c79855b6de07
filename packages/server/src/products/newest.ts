import { newestOf, type NewestOfEngine } from '@vigie/domain/products'
import type { TenantDb } from '../platform/index.ts'

export type Newest = ReadonlyMap<string, NewestOfEngine>

/** Hostile agents may tell as many versions as they like: so many of each engine are looked at, from the first in the order of texts. */
const most = 200

/**
 * The newest patterns and versions of each engine in the whole business, also for one who sees a part of it: a customer's endpoints lag behind or they don't. It
 * tells nobody anything of the others but a date and a version. Patterns from the future are an agent's error and make no other endpoint old. Plan: from value to
 * value of two indexes, so its cost is that of the versions there are (inventory.plan.test.ts).
 */
export async function newestOfEngines(db: TenantDb, now: Date): Promise<Newest> {
  const { rows } = await db.widely(() => db.query<{ engine: string; built: Date | null; versions: string[] }>(byEngine, [now, most]))
  return new Map(rows.map(({ engine, built, versions }) => [engine, newestOf(engine, versions, built)]))
}

const byEngine = `
  with recursive engines as (
    (select engine from endpoint where engine is not null order by engine limit 1)
    union all
    select (select e.engine from endpoint e where e.engine > w.engine order by e.engine limit 1) from engines w where w.engine is not null
  )
  select w.engine,
    (select nullif(e.pattern_built_key, '-infinity') from endpoint e where e.engine = w.engine and e.pattern_built_key <= $1 order by e.pattern_built_key desc limit 1) as built,
    array(
      with recursive versions as (
        (select engine_version, 1 as n from endpoint e where e.engine = w.engine and e.engine_version is not null order by engine_version limit 1)
        union all
        select (select e.engine_version from endpoint e where e.engine = w.engine and e.engine_version > v.engine_version order by e.engine_version limit 1), v.n + 1
        from versions v where v.engine_version is not null and v.n < $2
      )
      select engine_version from versions where engine_version is not null
    ) as versions
  from engines w where w.engine is not null limit 50`
