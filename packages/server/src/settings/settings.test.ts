import { describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { noteReported } from './index.ts'
import {
  agentId,
  all,
  anAgent,
  anEndpoint,
  api,
  customerId,
  endpointId,
  hours,
  outcome,
  partnerId,
  productId,
  read,
  reports,
  row,
  server,
  set,
  setUp,
  settle,
  steps,
  takes,
  waiting,
} from './testing/machine.ts'

setUp()

describe('agents at work', () => {
  it('what is set for one group does not wait for an agent of another', async () => {
    const other = await anAgent()
    await server.database.owner.query(
      `insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) values ($1, $2, $3, 'desktops', 1, 1) on conflict do nothing`,
      [partnerId, productId, customerId],
    )
    await anEndpoint('pc-1', other, 'desktops')
    const client = await server.database.owner.connect()
    try {
      await client.query('begin')
      await client.query('select from agent where id = $1 for update', [agentId]) // of the servers, busy
      const path = `/v1/products/${productId}/settings?group=desktops`
      expect(
        (
          await Promise.race([
            set({ [hours]: 3 }, 0, { path }),
            new Promise<{ status: number }>((resolve) => setTimeout(() => resolve({ status: 0 }), 5_000)),
          ])
        ).status,
      ).toBe(200)
    } finally {
      await client.query('rollback')
      client.release()
    }
  })
})

describe('wanted settings travel as one signed order (AGT-4, R14)', () => {
  it('carry the whole of what is wanted, and nothing that nobody set', async () => {
    expect((await set({ [hours]: 6, 'scheduled-scan.enabled': true }, 0)).status).toBe(200)
    const [frame] = await waiting()
    expect(frame!.order).toMatchObject({
      type: 'apply-settings',
      params: { revision: 1, values: { [hours]: 6, 'scheduled-scan.enabled': true, 'scheduled-scan.time-zone': 'Europe/Paris' } },
    })
    expect(Object.keys(frame!.order.params!['values'] as object)).toHaveLength(3)
  })

  it('an offline agent: one order waits, a newer revision takes its place, never two', async () => {
    await set({ [hours]: 6 }, 0)
    await set({ [hours]: 7 }, 1)
    await settle()
    await settle()
    expect(await steps()).toEqual(['1:expired', '2:waiting'])
    expect(row(await read())).toMatchObject({ value: 7, state: 'waiting', origin: { kind: 'product', by: 'Ada Test' } })
    const [frame, ...more] = await waiting(true)
    expect([frame!.order.params!['revision'], more]).toEqual([2, []])
  })

  it('an order that waits says nothing about what nobody set: the machine’s own is shown, and told apart where machines differ', async () => {
    const second = await anEndpoint('srv-2', await anAgent())
    await reports(0, { [hours]: 4, 'real-time-scan.enabled': false })
    await server.database.transaction(all(), (db) =>
      noteReported(
        db,
        [
          {
            endpointId: second,
            customerId,
            productId,
            agentId,
            settings: { revision: 0, values: { [hours]: 4, 'real-time-scan.enabled': true } },
          },
        ],
        server.clock.now(),
      ),
    )
    await set({ [hours]: 6 }, 0)
    const settings = await read()
    expect(row(settings)).toMatchObject({ state: 'waiting', onMachines: null, reported: [] })
    expect(row(settings, 'real-time-scan.enabled')).toMatchObject({
      value: true,
      state: 'machine',
      onMachines: null,
      reported: [{ name: 'srv-1', value: false, state: 'machine' }],
    })
    await server.database.transaction(all(), (db) =>
      noteReported(
        db,
        [{ endpointId: second, customerId, productId, agentId, settings: { revision: 0, values: { 'real-time-scan.enabled': false } } }],
        server.clock.now(),
      ),
    )
    expect(row(await read(), 'real-time-scan.enabled')).toMatchObject({ value: true, state: 'machine', onMachines: false, reported: [] })
  })

  it('under way, then effective when the engine itself says so', async () => {
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    expect(row(await read()).state).toBe('under-way')
    await outcome(frame!.order.commandId, 'succeeded')
    await reports(1, { [hours]: 6 })
    expect(row(await read()).state).toBe('effective')
    await settle()
    expect(await steps()).toEqual(['1:succeeded'])
  })

  it('an order that expired is given again when the agent is there, not before', async () => {
    await set({ [hours]: 6 }, 0)
    await server.database.owner.query(`update command set step = 'expired' where agent_id = $1`, [agentId])
    await server.database.owner.query(`update agent set state = 'offline' where id = $1`, [agentId])
    await settle()
    expect(await steps()).toEqual(['1:expired'])
    await server.database.owner.query(`update agent set state = 'online' where id = $1`, [agentId])
    await settle()
    expect(await steps()).toEqual(['1:expired', '1:waiting'])
  })

  it('an agent restored from a backup with an older revision is told again; one that failed for a reason of its engine is not', async () => {
    await set({ [hours]: 6 }, 0)
    const [first] = await waiting()
    await outcome(first!.order.commandId, 'succeeded')
    await reports(1, { [hours]: 6 })
    server.clock.add(60_000)
    await reports(0, { [hours]: 4 })
    expect(row(await read()).state).toBe('waiting')
    await settle()
    expect(await steps()).toEqual(['1:succeeded', '1:waiting'])
    const [again] = await waiting()
    await outcome(again!.order.commandId, 'failed', { reason: 'settings-wrong' })
    await settle()
    expect(await steps()).toEqual(['1:succeeded', '1:failed'])
    expect(row(await read()).state).toBe('failed')
  })

  it('refused by its engine: not again by itself, but when somebody says so', async () => {
    await reports(0, { [hours]: 6 })
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    await outcome(frame!.order.commandId, 'failed', { reason: 'settings-wrong' })
    await settle()
    expect(await steps()).toEqual(['1:failed'])
    expect(row(await read())).toMatchObject({ state: 'failed' })
    expect((await api()('POST', `/v1/products/${productId}/settings/put-back`, {})).body).toEqual({ endpoints: 1 })
    expect(await steps()).toEqual(['1:failed', '2:waiting'])
  })

  it('killed in the middle: told again', async () => {
    await set({ [hours]: 6 }, 0)
    const [first] = await waiting()
    await outcome(first!.order.commandId, 'failed', { reason: 'agent-restarted' })
    await settle()
    expect(await steps()).toEqual(['1:failed', '1:waiting'])
  })

  it('one that reports a higher revision than ours (we were restored) gets a higher one still', async () => {
    await reports(9, { [hours]: 3 })
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    expect(frame!.order.params!['revision']).toBe(10)
  })

  it('taken away again: the order says so, and the machine’s own is back', async () => {
    await set({ [hours]: 6 }, 0)
    await set({ [hours]: null }, 1)
    expect((await waiting(true)).map(({ order }) => order.params)).toEqual([{ revision: 2, values: {} }])
  })

  it('an agent that can’t take them is told nothing, and shown so', async () => {
    await server.database.owner.query('update agent set commands = $2 where id = $1', [agentId, takes(false)])
    await set({ [hours]: 6 }, 0)
    await settle()
    expect(await steps()).toEqual([])
    expect(row(await read()).state).toBe('unsupported')
  })

  it('endpoints that come later, move to another group, or whose customer moves to another clock follow', async () => {
    await server.database.owner.query(
      `insert into endpoint_group (partner_id, product_id, name, position, customer_id) values ($1, $2, 'desktops', 1, $3)`,
      [partnerId, productId, customerId],
    )
    await set({ 'scheduled-scan.enabled': true }, 0)
    await set({ [hours]: 9 }, 0, { path: `/v1/products/${productId}/settings?group=desktops` })
    await server.database.owner.query(`update endpoint set "group" = 'desktops' where id = $1`, [endpointId])
    await settle()
    await server.database.owner.query(`update customer set time_zone = 'Asia/Tokyo' where id = $1`, [customerId])
    await settle()
    expect((await waiting(true)).map(({ order }) => order.params)).toEqual([
      { revision: 3, values: { 'scheduled-scan.enabled': true, [hours]: 9, 'scheduled-scan.time-zone': 'Asia/Tokyo' } },
    ])
  })
})

describe('where a value comes from (PRD-4)', () => {
  it('a default group is said in the reader’s words, a named one by its name', async () => {
    await server.database.owner.query(
      `insert into endpoint_group (partner_id, product_id, name, position, customer_id, label) values ($1, $2, 'tills-1', 1, $3, 'Tills') on conflict do nothing`,
      [partnerId, productId, customerId],
    )
    const originIn = async (group: string) => {
      const path = `/v1/products/${productId}/settings?group=${group}`
      expect((await set({ [hours]: 9 }, 0, { path })).status).toBe(200)
      return row(await read(group)).origin.name
    }
    expect([await originIn('servers'), await originIn('tills-1')]).toEqual(['Servers (default)', 'Tills'])
  })
})

describe('an endpoint that comes at that very moment (R22)', () => {
  const wantedOf = async (id: string) =>
    (await server.database.owner.query('select wanted from setting_state where endpoint_id = $1', [id])).rows[0]?.wanted

  it('not there yet for who sets something: it follows with the next minute', async () => {
    const id = newId()
    const client = await server.database.owner.connect()
    try {
      await client.query('begin')
      await client.query(
        `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, 'late', 'late', 'servers')`,
        [partnerId, id, customerId, productId],
      )
      expect((await set({ [hours]: 6 }, 0)).status).toBe(200)
    } finally {
      await client.query('commit')
      client.release()
    }
    expect(await wantedOf(id)).toEqual({})
    await settle()
    expect(await wantedOf(id)).toEqual({ [hours]: 6 })
  })

  it('what is set is not there yet for the minute’s look: the look waits for it', async () => {
    const late = await anEndpoint('late', null)
    const client = await server.database.owner.connect()
    let looking: Promise<unknown> = Promise.resolve()
    try {
      await client.query('begin')
      await client.query(`select pg_advisory_xact_lock(hashtextextended('settings ' || $1::text, 0))`, [customerId])
      looking = settle()
      await expect
        .poll(
          async () =>
            (
              await server.database.owner.query(
                `select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
              )
            ).rowCount,
        )
        .toBe(1)
      await client.query(`insert into setting_layer (partner_id, id, customer_id, values) values ($1, $2, $3, $4)`, [
        partnerId,
        newId(),
        customerId,
        JSON.stringify({ [hours]: 6 }),
      ])
    } finally {
      await client.query('commit')
      client.release()
      await looking
    }
    expect(await wantedOf(late)).toEqual({ [hours]: 6 })
  })
})
