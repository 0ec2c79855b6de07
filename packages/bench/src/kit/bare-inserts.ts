import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type pg from 'pg'
import { measure } from './measure.ts'
import type { ServerUnderTest } from './server.ts'

export interface Bare {
  perSecond: number
  /** CPU seconds of PostgreSQL and of the client together. */
  cpuPer100k: number
}

interface Place {
  partner: string
  customer: string
  product: string
  endpoint: string
}

const columns = [
  'partner_id',
  'customer_id',
  'product_id',
  'endpoint_id',
  'at',
  'content_id',
  'category',
  'threat',
  'object',
  'outcome',
  'engine',
  'received_at',
  'counted_at',
] as const
const types = ['uuid', 'uuid', 'uuid', 'uuid', 'timestamptz', 'bytea', 'text', 'text', 'text', 'text', 'text', 'timestamptz', 'timestamptz']
const insert = `insert into detection (${columns.join(', ')}) select * from unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')})`

/** Rows the bare inserts put in, so that they can be told from what the server stored. */
export const bareEngine = 'bare'

/**
 * The yardstick of P1: batches of `rows` into the server's own detection table with its indexes, one product a batch, one durable commit a batch, nothing
 * else: no row-level security (the owner writes), no counters, no exactly-once, no assessment, no TLS, no JSON. The arrays are made beforehand.
 */
export async function bareInserts(server: ServerUnderTest, options: { connections: number; rows: number; seconds: number }): Promise<Bare> {
  const looker = await server.connect()
  const places = await somePlaces(looker)
  const connections = await Promise.all(Array.from({ length: options.connections }, () => server.connect()))
  const pools = connections.map((_, i) =>
    Array.from({ length: 40 }, (_unused, k) => batch(places[(i * 40 + k) % places.length]!, options.rows)),
  )
  for (const [i, connection] of connections.entries()) await send(connection, pools[i]!.pop()!)
  let rows = 0
  const { seconds, cpu } = await measure(server.processes, async () => {
    const until = performance.now() + options.seconds * 1000
    await Promise.all(
      connections.map(async (connection, i) => {
        for (let turn = 0; performance.now() < until; turn++) {
          const values = pools[i]![turn % pools[i]!.length]!
          values[5] = contentIds(options.rows) // the key: new each time
          await send(connection, values)
          rows += options.rows
        }
      }),
    )
  })
  await Promise.all(connections.map((connection) => connection.end()))
  return { perSecond: rows / seconds, cpuPer100k: ((cpu['database']! + cpu['generator']!) / rows) * 100_000 }
}

const send = (connection: pg.Client, values: string[]) => connection.query({ name: 'bare', text: insert, values })

async function somePlaces(database: pg.Client): Promise<Place[]> {
  const { rows } = await database.query<Place>(
    `select e.partner_id as partner, e.customer_id as customer, e.product_id as product, e.id as endpoint from endpoint e limit 500`,
  )
  if (rows.length === 0) throw new Error('no endpoint is there to insert for')
  return rows
}

function batch({ partner, customer, product, endpoint }: Place, count: number): string[] {
  const all = (value: string) => `{${Array.from({ length: count }, () => value).join(',')}}`
  const each = (make: (i: number) => string) => `{${Array.from({ length: count }, (_, i) => make(i)).join(',')}}`
  const now = new Date().toISOString()
  return [
    all(partner),
    all(customer),
    all(product),
    all(endpoint),
    all(now),
    contentIds(count),
    all('antivirus'),
    each((i) => `Lab.Simulated.Family${i % 97}.Variant${i % 7}`),
    each((i) => `/srv/lab/users/user${i % 500}/downloads/attachment-${i}.bin`),
    all('quarantined'),
    all(bareEngine),
    all(now),
    all(now),
  ]
}

const contentIds = (count: number) => {
  const bytes = randomBytes(16 * count).toString('hex')
  return `{${Array.from({ length: count }, (_, i) => `"\\\\x${bytes.slice(i * 32, i * 32 + 32)}"`).join(',')}}`
}
