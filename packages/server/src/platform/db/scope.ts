import type { TenantDb } from './database.ts'

/** Fewer hidden than so many: whoever walks past their rows loses no time to speak of. */
const fewHidden = 1_000

/**
 * How a query best reaches what the tenant may see (ACC-14). `all`: the whole business. `most`: all but a few customers, so that what reads the business in its order passes few rows of others. `part`: named
 * customers, by whom their rows are reached (`ofOwn`). The wall holds whatever is asked: this only says which way is short, and that no more is passed of others than need be.
 */
export type Sees = 'all' | 'most' | 'part'

export async function sees(db: TenantDb): Promise<Sees> {
  if (db.tenant.scope === 'all') return 'all'
  const {
    rows: [own],
  } = await db.query<{ is_most: boolean }>(
    `select vigie.sees_most() and (select count(*) from vigie.hidden_customers()) < ${fewHidden} as is_most`,
  )
  return own!.is_most ? 'most' : 'part'
}

/** What the wall says as well of `customerColumn`, said so that an index leads to these rows and passes no other. As a query and no parameter: it takes long to plan with thousands of ids. */
export const ofOwn = (customerColumn: string): string => `${customerColumn} = any(array(select v from vigie.visible_customers() v))`
