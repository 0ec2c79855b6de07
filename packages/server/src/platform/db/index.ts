export { createDatabase, markClass, type Database, type Tenant, type TenantDb } from './database.ts'
export { migrate, latestMigration, latestMigrationIs } from './migrate.ts'
export { isAway, uniqueViolation } from './errors.ts'
export { asLogin, createPool } from './pool.ts'
