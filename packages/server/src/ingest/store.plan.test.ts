import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited } from '../platform/testing/plan.ts'
import { readWindows } from '../assessment/windows.ts'
import { claimDue, lockProducts, readIndexes, readStanding, recount, settleDue } from '../assessment/store.ts'
import { readFacts } from '../assessment/facts.ts'
import type { TenantDb } from '../platform/index.ts'
import { aDetection, aMachine, anEndpoint } from '../agents/testing/agent.ts'
import { store } from './flush.ts'
import { sortItems } from './items.ts'

let database: TestDatabase
let estate: Estate
let agents: { agentId: string; customerId: string; productId: string; connectionId: string; epoch: string }[]
const now = new Date()

beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  const { owner } = database
  await owner.query(
    'update agent set connection_id = gen_random_uuid(), epoch = gen_random_uuid(), last_seen_at = now() where partner_id = $1',
    [estate.partnerId],
  )
  await owner.query(
    `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
     select p.partner_id, p.customer_id, p.id, now() - i * interval '1 hour', decode(md5(p.id::text || i), 'hex'), gen_random_uuid(), 'antivirus', 't', 'o', 'deleted', 'e', now(), now()
     from product p, generate_series(1, 10) i where p.partner_id = $1`,
    [estate.partnerId],
  )
  await owner.query(
    `insert into tally_minute (partner_id, product_id, category, minute, customer_id, count)
     select partner_id, id, 'antivirus', date_trunc('minute', now()) - i * interval '1 minute', customer_id, 3 from product, generate_series(0, 20) i where partner_id = $1`,
    [estate.partnerId],
  )
  await owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at, resolved_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, 'antivirus', 'uncleaned', 'action-required', 2, case when i = 0 then 'unresolved' else 'resolved' end, now(), now(), case when i > 0 then now() - i * interval '1 day' end
     from product p, generate_series(0, 5) i where p.partner_id = $1`,
    [estate.partnerId],
  )
  await owner.query(
    `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
     select partner_id, gen_random_uuid(), customer_id, product_id, id, 'antivirus', 't', 'o', sha256('o'), now() from endpoint where partner_id = $1`,
    [estate.partnerId],
  )
  await owner.query(
    `insert into assessment_due (partner_id, product_id, customer_id, due_at) select partner_id, id, customer_id, now() + interval '1 day' from product where partner_id = $1`,
    [estate.partnerId],
  )
  await owner.query('analyze')
  agents = (
    await owner.query(
      `select id as "agentId", customer_id as "customerId", product_id as "productId", connection_id as "connectionId", epoch from agent where partner_id = $1 order by id limit 20`,
      [estate.partnerId],
    )
  ).rows
}, 240_000)
afterAll(() => database.close())

const plans = (work: (db: TenantDb) => Promise<unknown>) =>
  plansOf(database, { partnerId: estate.partnerId, scope: 'all', principalId: null }, work)

describe('hot statements on a business with 12,000 products, 50,000 endpoints, 120,000 detections (P1, P5)', () => {
  it('a flush reads what it touches and nothing else', async () => {
    const batches = agents.map((agent) => {
      const machine = aMachine()
      const quiet = { stored() {}, missing() {}, superseded() {}, pause() {}, resume() {} }
      const sender = {
        ...agent,
        ...quiet,
        partnerId: estate.partnerId,
        typeId: 'clamav-endpoint',
        hostname: 'h',
        fingerprint: machine.fingerprint,
        endpointPrefix: '',
        formerNames: [],
        clockOffsetMs: 0,
      }
      const items = [
        anEndpoint(machine),
        ...Array.from({ length: 20 }, (_, i) => aDetection(machine, { outcome: i === 0 ? 'failed' : 'deleted' })),
      ]
      return { sender, epoch: agent.epoch, firstSeq: 1, count: items.length, items: sortItems(items, 1) }
    })
    // explaining runs a statement too, so the second run of an upsert meets what the first put there: what it reads is what counts
    const nodes = await plans((db) => store(db, batches, now, { mayAnnounce: () => true }))
    // nothing is merged here: the table of aliases is empty, and reading it whole costs nothing
    expect(scanned(nodes).filter((table) => table !== 'endpoint_alias')).toEqual([])
    expect(visited(nodes)).toBeLessThan(agents.length * 21 * 4)
  })

  it('an assessment of 20 products reads these products only', async () => {
    const ids = agents.map(({ productId }) => productId)
    const customers = agents.map(({ customerId }) => customerId)
    const nodes = await plans(async (db) => {
      await lockProducts(db, ids)
      await readFacts(db, ids, 60, now)
      await readStanding(db, ids, new Date(now.getTime() - 600_000))
      await readIndexes(db, customers)
      await readWindows(db, ids, now)
      await recount(db, ids, customers)
      await settleDue(
        db,
        now,
        ids.map((productId) => ({ productId, nextAt: null })),
      )
    })
    expect(
      scanned(nodes).filter(
        (relation) => !['index_value', 'count_from', 'virus_alert', 'maintenance_window', 'endpoint_alias'].includes(relation),
      ),
    ).toEqual([])
    // nor any record: however many are stored, one more costs the same (issue 4)
    expect(nodes.filter(({ relation, index }) => `${relation} ${index}`.includes('detection'))).toEqual([])
    // 20 products with 21 minutes, 5 endpoints, 6 events, twice where explained and run
    expect(visited(nodes)).toBeLessThan(20 * 120)
  })

  it('what is due is found by its time', async () => {
    const nodes = await plans((db) => claimDue(db, now, new Date(now.getTime() + 30_000), 200))
    expect([scanned(nodes), visited(nodes)]).toEqual([[], 0])
  })
})
