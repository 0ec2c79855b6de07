import { type BenchContext, defineBench } from '../kit/define.ts'
import { measure, median } from '../kit/measure.ts'
import { fleetOn, type ServerUnderTest, startServer } from '../kit/server.ts'

export const growth = defineBench({
  name: 'growth',
  about: 'CPU of one more detection with 5 million stored, by that with 10 thousand (issue 2)',
  async run(context) {
    const server = await startServer(context)
    const fleet = await fleetOn(server, context, 100)
    const database = await server.connect()
    const [few, many] = context.isShort ? [10_000, 200_000] : [10_000, 5_000_000]
    const total = context.isShort ? 20_000 : 50_000

    const cost = async (stored: number) => {
      const missing = stored - Number((await database.query<{ n: string }>('select count(*) as n from detection')).rows[0]!.n)
      if (missing > 0) await fill(server, context, missing)
      await database.query('checkpoint')
      await fleet.sendDetections({ total: 10_000, batch: 250 })
      const runs: { cpu: number; perSecond: number }[] = []
      for (let run = 0; run < 5; run++) {
        const { result, cpu } = await measure(server.processes, () => fleet.sendDetections({ total, batch: 250 }))
        runs.push({ cpu: ((cpu['server']! + cpu['database']!) / result.accepted) * 100_000, perSecond: result.perSecond })
      }
      return { cpu: median(runs.map((run) => run.cpu)), perSecond: median(runs.map((run) => run.perSecond)) }
    }
    const small = await cost(few)
    const large = await cost(many)
    return [
      {
        bench: 'growth/cpu',
        source: 'issue 2, performance.md §8',
        ratio: large.cpu / small.cpu,
        value: large.cpu,
        goal: { atMost: 1.1 },
        yardstick: { name: `${few} stored`, value: small.cpu, unit: 'CPU s/100k' },
        detail: { stored: many, perSecondFew: small.perSecond, perSecondMany: large.perSecond },
      },
    ]
  },
})

/** History of 30 days over the fleet's own products, put in directly: what the server would have stored. */
async function fill(server: ServerUnderTest, { say }: BenchContext, count: number): Promise<void> {
  say(`filling ${count} detections ...`)
  const database = await server.connect()
  const step = 250_000
  for (let from = 0; from < count; from += step) {
    await database.query(
      `with place as (select row_number() over () - 1 as n, partner_id, customer_id, product_id, id from endpoint), size as (select count(*) as n from place)
       insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
       select p.partner_id, p.customer_id, p.product_id, t.at, decode(md5(i::text || 'a'), 'hex'), p.id, 'antivirus', 'Lab.Simulated.Family' || i % 97, '/srv/lab/users/user' || i % 500 || '/downloads/attachment-' || i % 9973 || '.bin', 'quarantined', 'fill', t.at, t.at
       from generate_series($1::bigint, $2::bigint) i cross join size cross join lateral (select now() - make_interval(secs => 3600 + (i * 7919) % 2592000) as at) t join place p on p.n = i % size.n`,
      [from, Math.min(from + step, count) - 1],
    )
  }
  await database.query('analyze detection')
}
