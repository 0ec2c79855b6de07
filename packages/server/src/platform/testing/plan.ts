import type { Database, Tenant, TenantDb } from '../db/index.ts'

/** One step of an executed plan. `visitedRows`: rows it read from its table or index, those it threw away included. */
export interface PlanNode {
  type: string
  relation: string | null
  index: string | null
  visitedRows: number
}

interface Explained {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: Explained[]
}

/** How PostgreSQL went about each query of `work`, under the tenant's row-level security as in earnest. The work is rolled back. */
export async function plansOf(database: Database, tenant: Tenant, work: (db: TenantDb) => Promise<unknown>): Promise<PlanNode[]> {
  const nodes: PlanNode[] = []
  await explain(
    database,
    tenant,
    work,
    ({
      'Actual Loops': loops,
      'Actual Rows': rows,
      'Rows Removed by Filter': filtered = 0,
      'Rows Removed by Index Recheck': rechecked = 0,
      ...plan
    }) => {
      nodes.push({
        type: plan['Node Type'],
        relation: plan['Relation Name'] ?? null,
        index: plan['Index Name'] ?? null,
        visitedRows: Math.round((rows + filtered + rechecked) * loops),
      })
    },
  )
  return nodes
}

/** How often a page of the table or of the index used was looked at for its rows. */
export async function pagesOf(
  database: Database,
  tenant: Tenant,
  table: string,
  work: (db: TenantDb) => Promise<unknown>,
): Promise<number> {
  let pages = 0
  await explain(database, tenant, work, (plan) => {
    if (plan['Relation Name'] === table) pages += plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
  })
  return pages
}

async function explain(
  database: Database,
  tenant: Tenant,
  work: (db: TenantDb) => Promise<unknown>,
  look: (step: Explained) => void,
): Promise<void> {
  const collect = (plan: Explained) => {
    look(plan)
    plan.Plans?.forEach(collect)
  }
  const done = new Error('done')
  await database
    .transaction(tenant, async (db) => {
      const explaining: TenantDb = Object.create(db, {
        query: {
          value: async (text: string, values: readonly unknown[] = []) => {
            const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: Explained }] }>(
              `explain (analyze, buffers, timing off, summary off, format json) ${text}`,
              values,
            )
            collect(rows[0]!['QUERY PLAN'][0].Plan)
            return await db.query(text, values)
          },
        },
      }) as TenantDb
      await work(explaining)
      throw done
    })
    .catch((error: unknown) => {
      if (error !== done) throw error
    })
}

/** Rows read in all. */
export const visited = (nodes: readonly PlanNode[]): number =>
  nodes.reduce((sum, node) => sum + (node.relation === null && node.index === null ? 0 : node.visitedRows), 0)
/** Tables read from end to end; not the businesses themselves, asked for by their key: those of a test fit one page, which no index beats. */
export const scanned = (nodes: readonly PlanNode[]): string[] =>
  nodes.filter(({ type, relation }) => type === 'Seq Scan' && relation !== 'partner').map(({ relation }) => relation!)
export const indexesOf = (nodes: readonly PlanNode[]): string[] => [...new Set(nodes.flatMap(({ index }) => index ?? []))]
