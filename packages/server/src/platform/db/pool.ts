import pg from 'pg'

/** A parametrised text becomes a named prepared statement: 1.5 times the rate (stack.md §3). */
class NamingClient extends pg.Client {
  readonly #names = new Map<string, string>()

  // oxlint-disable-next-line typescript/no-explicit-any -- pg's overloads
  override query(config: any, values?: any, callback?: any): any {
    if (typeof config !== 'string' || !Array.isArray(values) || values.length === 0) return super.query(config, values, callback)
    let name = this.#names.get(config)
    if (name === undefined) {
      name = `v${this.#names.size}`
      this.#names.set(config, name)
    }
    return super.query({ name, text: config, values }, callback)
  }
}

// bigint as number: our counters stay far below 2^53
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text))

export interface PoolOptions {
  url: string
  max: number
  /** Role every connection starts as; null: the one who connects. */
  role: 'vigie_app' | null
  onIdleError(error: Error): void
}

/** A pool without an error listener ends the process at the first database restart (stack.md §12, R43). */
export function createPool({ url, max, role, onIdleError }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    Client: NamingClient,
    pipeline: true,
    application_name: 'vigie',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // a login called like our schema would otherwise find its tables there; instants as text (cursors) are in one zone and form
    options: `-c search_path=public -c timezone=UTC -c datestyle=ISO${role === null ? '' : ` -c role=${role}`}`,
  } as pg.PoolConfig)
  pool.on('error', onIdleError)
  // the pool hears its idle clients only: one that breaks while somebody works with it tells that somebody through the query, and would end the process besides
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/** The same database by another login. A socket URL has no host, which `URL` refuses: the name is replaced as text. */
export const asLogin = (url: string, login: string): string => url.replace(/^(postgres(?:ql)?:\/\/)[^@/]*@/, `$1${login}@`)
