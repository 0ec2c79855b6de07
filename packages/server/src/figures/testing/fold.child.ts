// Only for fold.test.ts: folds in a process of its own, which dies by SIGKILL while one of its statements runs.
import { createDatabase, createPool, type TenantDb } from '../../platform/index.ts'
import { foldTallies } from '../fold.ts'

const pool = (role: 'vigie_app' | null) => createPool({ url: process.env['CHILD_DATABASE']!, max: 1, role, onIdleError: () => {} })
const database = createDatabase(pool('vigie_app'), pool(null))
let left = Number(process.env['CHILD_DIES_AT'])
const dying = (db: TenantDb): TenantDb =>
  Object.create(db, {
    query: {
      value: (text: string, values: readonly unknown[]) => {
        const running = db.query(text, values)
        // once it is on its way
        if (--left === 0) setImmediate(() => process.kill(process.pid, 'SIGKILL'))
        return running
      },
    },
  }) as TenantDb
await foldTallies(
  { transaction: (tenant, work) => database.transaction(tenant, (db) => work(dying(db))) },
  process.env['CHILD_PARTNER']!,
  new Date(process.env['CHILD_NOW']!),
  { rowsABatch: 1 },
)
await database.close()
