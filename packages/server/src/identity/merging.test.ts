import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { moveChunk } from './history.ts'
import * as merging from './merging.ts'
import * as moving from './moving.ts'
import { anAgentOf, aSite, seeded, type Site, type SiteAgent } from './testing/site.ts'
import { wrongCounts } from './testing/counts.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const idOf = async (agent: SiteAgent): Promise<string> =>
  (await rows('select id from endpoint where product_id = $1 and key = $2', [agent.productId, agent.key]))[0]?.id
const all = (partnerId: string) => ({ partnerId, scope: 'all' as const, principalId: null })
/** All of an endpoint, its infections and where it was, as text. */
const picture = async (id: string) =>
  await rows(
    `select to_jsonb(e) - 'open_infections' as row, e.open_infections, (select jsonb_agg(to_jsonb(i) order by i.id) from infection i where i.endpoint_id = e.id) as infections,
     (select jsonb_agg(to_jsonb(a) order by a.address) from endpoint_address a where a.endpoint_id = e.id) as places from endpoint e where e.id = $1`,
    [id],
  )

async function twoOfOne(): Promise<{ site: Site; staying: SiteAgent; taken: SiteAgent; stayingId: string; takenId: string }> {
  const site = await aSite(server)
  const [staying, taken] = [site.agents[0]!, site.agents[1]!]
  await staying.report({ minutesAgo: 5 })
  await taken.report({ name: 'reinstalled', addresses: ['10.0.0.8'] })
  return { site, staying, taken, stayingId: await idOf(staying), takenId: await idOf(taken) }
}

describe('merging (INV-3, AGT-9)', () => {
  it('the history of both is found with the one that stays; the next report of either lands there; counts are right', async () => {
    const { site, staying, taken, stayingId, takenId } = await twoOfOne()
    await staying.detect({ threat: 'Old' })
    await taken.detect({ threat: 'New' })
    const { status, body } = await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })
    expect([status, body.endpointId, body.mergedId, body.canUndo]).toEqual([200, stayingId, takenId, true])
    expect((await site.as('GET', `/v1/endpoints/${takenId}`)).status).toBe(404)
    expect((await site.as('GET', `/v1/endpoints/${stayingId}`)).body).toMatchObject({
      name: 'reinstalled',
      addresses: ['10.0.0.8'],
      agentId: taken.id,
    })
    const history = async () =>
      (await site.as('GET', `/v1/detections?endpointId=${stayingId}`)).body.rows.map((row: { threat: string; endpointId: string }) => [
        row.threat,
        row.endpointId,
      ])
    expect(await history()).toEqual([
      ['New', stayingId],
      ['Old', stayingId],
    ])
    await taken.detect({ threat: 'Later' })
    await taken.report({ name: 'later' })
    await staying.detect({ threat: 'Last' })
    expect((await site.as('GET', `/v1/endpoints/${stayingId}`)).body.name).toBe('later')
    expect(await history()).toEqual([
      ['Last', stayingId],
      ['Later', stayingId],
      ['New', stayingId],
      ['Old', stayingId],
    ])
    expect(await rows('select count(*)::integer as n from endpoint where product_id = $1', [staying.productId])).toEqual([{ n: 1 }])
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
    expect(
      await rows(`select object_id, customer_id from audit where partner_id = $1 and activity = 'endpoint.merged'`, [site.partnerId]),
    ).toEqual([{ object_id: takenId, customer_id: site.customerIds[0] }])
  })

  it('undone, both are exactly as they were; what came meanwhile stays with the one that stayed', async () => {
    const { site, staying, taken, stayingId, takenId } = await twoOfOne()
    for (const agent of [staying, taken]) await agent.detect({ object: '/srv/same', outcome: 'blocked', threat: 'Same' })
    await taken.detect({ object: '/srv/own', outcome: 'failed' })
    const before = [await picture(stayingId), await picture(takenId)]
    const { body: merge } = await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })
    // one file, one infection
    expect((await site.as('GET', `/v1/endpoints/${stayingId}`)).body.openInfections).toBe(2)
    const { status, body } = await site.as('POST', `/v1/merges/${merge.id}/undo`)
    expect([status, body.canUndo, body.undoneBy]).toEqual([200, false, 'Ada Test'])
    expect([await picture(stayingId), await picture(takenId)]).toEqual(before)
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
    expect(await rows('select state from duplicate where partner_id = $1', [site.partnerId])).toEqual([{ state: 'kept-apart' }])
    expect((await site.as('POST', `/v1/merges/${merge.id}/undo`)).body.code).toBe('merge.undone-already')
    await taken.detect({ threat: 'Again' })
    expect((await site.as('GET', `/v1/detections?endpointId=${takenId}`)).body.rows).toHaveLength(3)
  })

  it('while both report all the time: nothing is lost, nothing refused, and counts are right (R22)', async () => {
    const { site, staying, taken, stayingId, takenId } = await twoOfOne()
    let isOver = false
    const talk = async (agent: SiteAgent) => {
      let told = 0
      while (!isOver) {
        await agent.detect({ object: `/srv/${told % 3}`, outcome: told % 2 === 0 ? 'blocked' : 'quarantined' })
        if (told % 4 === 0) await agent.report()
        told++
      }
      return told
    }
    const talking = [talk(staying), talk(taken)]
    for (let i = 0; i < 15; i++) {
      const { status, body } = await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })
      expect([status, body.code]).toEqual([200, undefined])
      expect((await site.as('POST', `/v1/merges/${body.id}/undo`)).status).toBe(200)
    }
    isOver = true
    const told = (await Promise.all(talking)).reduce((sum, one) => sum + one, 0)
    expect(await rows('select count(*)::integer as n from detection where partner_id = $1', [site.partnerId])).toEqual([{ n: told }])
    expect(await rows('select reason, item from dead_letter where partner_id = $1', [site.partnerId])).toEqual([])
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
  }, 60_000)

  it('an infection that was dealt with while they were one stays dealt with for both', async () => {
    const { site, staying, taken, stayingId, takenId } = await twoOfOne()
    for (const agent of [staying, taken])
      await agent.detect({ object: '/srv/same', outcome: 'blocked', at: new Date(Date.now() - 60_000).toISOString() })
    const { body: merge } = await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })
    await taken.detect({ object: '/srv/same', outcome: 'quarantined' })
    await site.as('POST', `/v1/merges/${merge.id}/undo`)
    expect(await rows('select open_infections from endpoint where id = any($1)', [[stayingId, takenId]])).toEqual([
      { open_infections: 0 },
      { open_infections: 0 },
    ])
    expect(await rows('select distinct closed_how from infection where endpoint_id = any($1)', [[stayingId, takenId]])).toEqual([
      { closed_how: 'quarantined' },
    ])
  })

  it('a chain comes apart in any order', async () => {
    const { site, taken, stayingId, takenId } = await twoOfOne()
    const third = await anAgentOf(server, site.partnerId, site.productIds[1]!)
    await third.report()
    const thirdId = await idOf(third)
    const before = [await picture(stayingId), await picture(takenId), await picture(thirdId)]
    const { body: first } = await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })
    const { body: second } = await site.as('POST', `/v1/endpoints/${stayingId}/merge`, { intoId: thirdId })
    await taken.detect({ threat: 'Through two' })
    expect((await site.as('GET', `/v1/detections?endpointId=${thirdId}`)).body.rows.map((row: { threat: string }) => row.threat)).toEqual([
      'Through two',
    ])
    expect((await site.as('POST', `/v1/merges/${first.id}/undo`)).status).toBe(200)
    expect(await picture(takenId)).toEqual(before[1])
    expect((await site.as('POST', `/v1/merges/${second.id}/undo`)).status).toBe(200)
    expect((await picture(thirdId))[0].row.name).toBe(before[2]![0].row.name)
    expect(await rows('select count(*)::integer as n from endpoint_alias where partner_id = $1', [site.partnerId])).toEqual([{ n: 0 }])
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
  })

  it('not into itself, not into another customer’s, not what is gone', async () => {
    const { site, stayingId, takenId } = await twoOfOne()
    const far = site.agents[4]!
    await far.report()
    const merge = async (id: string, intoId: string) => (await site.as('POST', `/v1/endpoints/${id}/merge`, { intoId })).body.code
    expect(await merge(stayingId, stayingId)).toBe('merge.same-endpoint')
    expect(await merge(stayingId, await idOf(far))).toBe('merge.other-customer')
    expect((await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })).status).toBe(200)
    expect(await merge(takenId, stayingId)).toBe('endpoint.not-found')
  })

  it('the one that stayed is removed: its merge can’t be undone, and the taken one comes back by itself', async () => {
    const { site, taken, stayingId, takenId } = await twoOfOne()
    const { body: merge } = await site.as('POST', `/v1/endpoints/${takenId}/merge`, { intoId: stayingId })
    expect((await site.as('DELETE', `/v1/endpoints/${stayingId}`, { confirmName: 'wrong' })).body.code).toBe('endpoint.name-differs')
    expect((await site.as('DELETE', `/v1/endpoints/${stayingId}`, { confirmName: 'reinstalled' })).status).toBe(200)
    expect((await site.as('POST', `/v1/merges/${merge.id}/undo`)).body.code).toBe('merge.gone')
    await taken.report()
    expect(await idOf(taken)).toBeDefined()
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
  })

  it('one that is online is not removed: it would be back', async () => {
    const { site, taken, takenId } = await twoOfOne()
    await rows('update agent set held_by = 1 where id = $1', [taken.id])
    expect((await site.as('DELETE', `/v1/endpoints/${takenId}`, { confirmName: 'reinstalled' })).body.code).toBe('endpoint.still-reporting')
  })

  it('every column of an endpoint is either what it says of itself or what it is, and what hangs on it is known to a merge', async () => {
    const columns = await rows(
      `select attname as name from pg_attribute where attrelid = 'public.endpoint'::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by 1`,
    )
    expect(columns.map(({ name }) => name).sort()).toEqual([...merging.reportedColumns, ...merging.ownColumns].sort())
    // endpoint_search is filled by triggers; an alias leads to another endpoint before its own goes
    const hanging = await rows(
      `select distinct conrelid::regclass::text as name from pg_constraint where contype = 'f' and confrelid = 'public.endpoint'::regclass order by 1`,
    )
    expect(hanging.map(({ name }) => name)).toEqual(['endpoint_address', 'endpoint_alias', 'endpoint_search', 'infection', 'setting_state'])
  })
})

describe('counts agree with the rows whatever happens (INV-3, AGT-11)', () => {
  it.each([1, 2, 3])(
    'random merges, undos, removals, moves, reports and kills in the middle, seed %i',
    async (seed) => {
      const random = seeded(seed * 7919)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
      const site = await aSite(server, 4)
      await server.database.owner.query('create table if not exists test_removed (id uuid primary key)')
      for (const agent of site.agents) await agent.report({ minutesAgo: Math.floor(random() * 30) })
      const tenant = all(site.partnerId)
      /** As a kill before the commit: nothing of it happened. */
      const maybeKilled = async (work: (db: Parameters<Parameters<typeof server.database.transaction>[1]>[0]) => Promise<unknown>) => {
        const isKilled = random() < 0.2
        await server.database
          .transaction(tenant, async (db) => {
            await work(db)
            if (isKilled) throw new Error('killed')
          })
          .catch((error: Error) => {
            if (!/killed/.test(error.message) && error.name !== 'Problem') throw error
          })
      }
      const outcomes = ['quarantined', 'blocked', 'failed', 'deleted']
      const done = { merges: 0, undone: 0, moved: 0 }
      for (let step = 0; step < 120; step++) {
        const now = server.clock.now()
        const what = random()
        if (what < 0.3) await pick(site.agents).detect({ object: `/srv/${Math.floor(random() * 4)}`, outcome: pick(outcomes) })
        else if (what < 0.45) await pick(site.agents).report()
        else if (what < 0.65) {
          const ids = (await rows('select id from endpoint where partner_id = $1 order by id', [site.partnerId])).map(
            (row) => row.id as string,
          )
          const [one, other] = [pick(ids), pick(ids)]
          await maybeKilled(async (db) => {
            const [staying, taken] = await merging.lockEndpoints(db, [one, other])
            await merging.merge(db, staying!, taken!, 'test', now)
            done.merges++
          })
        } else if (what < 0.85) {
          const merges = await rows('select id from endpoint_merge where partner_id = $1 and undone_at is null order by id', [
            site.partnerId,
          ])
          if (merges.length > 0)
            await maybeKilled(async (db) => {
              await merging.undoMerge(db, pick(merges).id, 'test', now)
              done.undone++
            })
        } else if (what < 0.88) {
          const ids = (await rows('select id from endpoint where partner_id = $1 order by id', [site.partnerId])).map(
            (row) => row.id as string,
          )
          const id = pick(ids)
          await server.database.owner.query(
            'insert into test_removed select $1 union select merged_id from endpoint_alias where endpoint_id = $1 on conflict do nothing',
            [id],
          )
          await maybeKilled(async (db) => await merging.remove(db, (await merging.lockEndpoints(db, [id]))[0]!, now))
        } else if (what < 0.94) {
          await maybeKilled(async (db) => {
            await moving.move(
              db,
              { productId: pick(site.productIds), toCustomerId: pick(site.customerIds), reason: '', by: 'test', undoesId: null },
              now,
            )
            done.moved++
          })
        } else await maybeKilled((db) => moveChunk(db, 2, now))
        expect(await wrongCounts(server.database, site.partnerId), `seed ${seed}, step ${step}`).toEqual([])
      }
      while ((await server.database.transaction(tenant, (db) => moveChunk(db, 3, server.clock.now()))) !== null)
        expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
      expect(
        await rows(
          'select d.product_id from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id where d.partner_id = $1 and d.customer_id <> p.customer_id',
          [site.partnerId],
        ),
      ).toEqual([])
      expect(done.merges).toBeGreaterThan(5)
      expect(done.undone).toBeGreaterThan(3)
      expect(done.moved).toBeGreaterThan(1)
    },
    120_000,
  )
})
