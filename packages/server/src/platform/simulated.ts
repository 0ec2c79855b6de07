import type { Database } from './db/index.ts'
import type { Vault } from './vault.ts'

const name = 'simulated-estate'

/**
 * Whether this installation is a made-up one (`npm run demo`, decision 32). The mark stands in the database itself, so that it shows whoever serves that
 * database, and goes with its backup; nothing takes it away.
 */
export async function isSimulated(database: Pick<Database, 'owner'>): Promise<boolean> {
  return (await database.owner.query('select from installation_secret where name = $1', [name])).rowCount === 1
}

/** For a database that holds nothing yet: whoever calls makes sure of that. */
export async function markSimulated(database: Pick<Database, 'owner'>, vault: Vault): Promise<void> {
  await vault.installationSecret(database, name, () => Buffer.from('simulated'))
}
