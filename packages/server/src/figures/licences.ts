import { licenceManagement, licencesOverTime, licenceUsage, rowsOf, type HistoryRange } from '@vigie/domain/figures'
import { inForce, licenceKinds, standsFor, type LicenceKind } from '@vigie/domain/licences'
import { restrictView } from '../consent/index.ts'
import { keptDays, licenceState } from '../licences/index.ts'
import { countFigure, Params, type TenantDb } from '../platform/index.ts'
import { cutHistory, lastDays } from './ranges.ts'
import { ofScope } from './tallies.ts'

interface Present {
  type_id: string
  kind: LicenceKind
  licences: number
  expiring: number
  expired: number
  /** Null: none of them says a number. */
  seats: number | null
  seats_used: number | null
}

/** Of each type and kind: a row of every product's licence is read, of which there are at most as many as products. The state is that of the list (`licences/expiring.ts`). */
async function present(db: TenantDb, now: Date): Promise<Present[]> {
  const params = new Params()
  const seen = (await restrictView(db, 'view-licences', 'l.customer_id', {})) ?? 'true'
  const { join, state } = await licenceState(db, params, now)
  const { rows } = await db.query<Present>(
    `select type_id, kind, count(*)::integer as licences, (count(*) filter (where state = 'expiring'))::integer as expiring, (count(*) filter (where state = 'expired'))::integer as expired,
       sum(seats)::double precision as seats, sum(seats_used)::double precision as seats_used
     from (select l.type_id, l.kind, l.seats, l.seats_used, ${state} as state from product_licence l ${join} where ${seen}) l group by 1, 2`,
    params.values,
  )
  return rows
}

const sum = <Row>(rows: readonly Row[], of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0)
const known = (rows: readonly Present[], of: (row: Present) => number | null): number | null =>
  rows.every((row) => of(row) === null) ? null : sum(rows, (row) => of(row) ?? 0)
const seatsOf = (rows: readonly Present[], typeId?: string) => ({
  seatsUsed: { sum: known(rows, (row) => row.seats_used), rows: rowsOf.licences({ typeId }) },
  seats: { sum: known(rows, (row) => row.seats), rows: rowsOf.licences({ typeId }) },
})
/** The types there are, the most licences first. */
function typesOf(rows: readonly { type_id: string; licences: number }[]): string[] {
  const count = (typeId: string) =>
    sum(
      rows.filter((row) => row.type_id === typeId),
      (row) => row.licences,
    )
  return [...new Set(rows.map((row) => row.type_id))].toSorted((a, b) => count(b) - count(a) || (a < b ? -1 : 1))
}

export const countLicenceManagement = countFigure(licenceManagement, async ({ db, now }) => {
  const rows = await present(db, now)
  const counts = (of: readonly Present[], typeId?: string) => ({
    licences: { count: sum(of, (row) => row.licences), rows: rowsOf.licences({ typeId }) },
    expiring: { count: sum(of, (row) => row.expiring), rows: rowsOf.licences({ typeId, state: 'expiring' }) },
    expired: { count: sum(of, (row) => row.expired), rows: rowsOf.licences({ typeId, state: 'expired' }) },
    ...seatsOf(of, typeId),
  })
  return {
    value: {
      ...counts(rows),
      types: typesOf(rows).map((typeId) => ({
        typeId,
        ...counts(
          rows.filter((row) => row.type_id === typeId),
          typeId,
        ),
      })),
    },
  }
})

/** Licences are those that were not over. */
type Held = Pick<Present, 'type_id' | 'kind' | 'licences' | 'seats' | 'seats_used'>

/**
 * At the end of each bar: the days that were kept (`licences/days.ts`), and for the bar that runs what is there now. All customers together where one sees all, less those who do not consent, who are fewer
 * than those who do; else those of each customer one sees.
 */
async function history(db: TenantDb, range: HistoryRange, now: Date, timeZone: string) {
  const { step, bounds } = cutHistory(range, now, timeZone)
  const days = standsFor(await keptDays(db), lastDays(bounds, timeZone).slice(0, -1))
  const held = days.map((): Held[] => [])
  const add = async (table: 'licence_day' | 'licence_day_all', where: string, sign: 1 | -1) => {
    const { rows } = await db.query<Held & { day: string }>(
      `select t.day::text, t.type_id, t.kind, ${sign} * sum(t.licences)::integer as licences, ${sign} * sum(t.seats)::double precision as seats, ${sign} * sum(t.seats_used)::double precision as seats_used
       from ${table} t where t.day = any($1::date[]) and ${where} group by 1, 2, 3`,
      [[...new Set(days)].filter((day) => day !== null)],
    )
    for (const { day, ...row } of rows) for (const [n, own] of days.entries()) if (own === day) held[n]!.push(row)
  }
  if (db.tenant.scope !== 'all') {
    const seen = (await restrictView(db, 'view-licences', 't.customer_id', {})) ?? 'true'
    await add('licence_day', `${ofScope(db)} and ${seen}`, 1)
  } else {
    await add('licence_day_all', 'true', 1)
    const seen = await restrictView(db, 'view-licences', 'c.id', {})
    // who they are first, so that their days alone are read
    if (seen !== null) await add('licence_day', `t.customer_id = any(array(select c.id from customer c where (${seen}) is not true))`, -1)
  }
  const today = (await present(db, now)).map((row): Present => ({ ...row, licences: row.licences - row.expired }))
  return {
    step,
    bounds,
    today,
    /** A bar's rows, the last as now. */
    held: [...held, today],
    bars: bounds.slice(1).map((until, n) => ({
      from: bounds[n]!.toISOString(),
      until: until.toISOString(),
      isCounted: n === days.length || days[n] !== null,
    })),
  }
}
const edges = ({ bounds }: { bounds: readonly Date[] }) => ({ from: bounds[0]!, until: bounds.at(-1)! })

export const countLicencesOverTime = countFigure(licencesOverTime, async ({ db, now, timeZone, range }) => {
  const past = await history(db, range as HistoryRange, now, timeZone)
  const state = inForce.join()
  const rows = past.held.flat()
  const number = (of: { typeId?: string; kind?: LicenceKind }) => {
    const counts = past.held.map((bar) =>
      sum(
        bar.filter((row) => (of.typeId === undefined || row.type_id === of.typeId) && (of.kind === undefined || row.kind === of.kind)),
        (row) => row.licences,
      ),
    )
    return { now: { count: counts.at(-1)!, rows: rowsOf.licences({ ...of, state }) }, counts }
  }
  const kindsOf = (typeId?: string) =>
    licenceKinds
      .map((kind) => ({ kind, ...number({ kind, ...(typeId === undefined ? {} : { typeId }) }) }))
      .filter(({ counts }) => counts.some((count) => count > 0))
  const all = number({})
  return {
    ...edges(past),
    value: {
      now: all.now,
      step: past.step,
      bars: past.bars.map((bar, n) => ({ ...bar, count: all.counts[n]! })),
      kinds: kindsOf(),
      types: typesOf(rows)
        .map((typeId) => ({ typeId, now: number({ typeId }).now, kinds: kindsOf(typeId) }))
        .filter(({ kinds }) => kinds.length > 0),
    },
  }
})

export const countLicenceUsage = countFigure(licenceUsage, async ({ db, now, timeZone, range }) => {
  const past = await history(db, range as HistoryRange, now, timeZone)
  const numbers = (typeId?: string) => {
    const held = past.held.map((bar) => bar.filter((row) => typeId === undefined || row.type_id === typeId))
    return {
      now: seatsOf(
        past.today.filter((row) => typeId === undefined || row.type_id === typeId),
        typeId,
      ),
      seatsUsed: held.map((bar) => sum(bar, (row) => row.seats_used ?? 0)),
      seats: held.map((bar) => sum(bar, (row) => row.seats ?? 0)),
    }
  }
  return {
    ...edges(past),
    value: {
      ...numbers(),
      step: past.step,
      bars: past.bars,
      types: typesOf(past.held.flat()).map((typeId) => ({ typeId, ...numbers(typeId) })),
    },
  }
})
