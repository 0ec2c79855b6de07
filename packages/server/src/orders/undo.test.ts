import { describe, expect, it } from 'vitest'
import { carryingWorld, hours } from './testing/carrying.ts'

const world = carryingWorld()
const { sql, call, draft, confirm, draftAndConfirm, give, undo, order, places, own, setBy, answer } = world

describe('undo of an order (issue 3)', () => {
  it('puts back what each customer had, and leaves alone what somebody changed since', async () => {
    await setBy(world.owner, world.sites[0]!, { [hours]: 3 })
    const id = await give({ at: 'customer', values: { [hours]: 6 } })
    expect((await order(id)).undoneBy).toBe(null)
    expect((await call()('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({
      code: 'order.not-undoable',
      data: { reason: 'not-ended' },
    })
    await answer(world.sites)
    await setBy(world.owner, world.sites[1]!, { [hours]: 11 })
    const { order: back, dryRun } = await undo(id)
    expect(dryRun.places).toMatchObject({ planned: 2, skipped: [{ reason: 'changed-since', places: 1 }] })
    expect((await places(back.id)).map((row) => row.lines[0])).toMatchObject([
      { kind: 'setting', from: 6, to: 3 },
      { kind: 'left', what: hours, by: 'Ada Test' },
      { kind: 'setting', from: 6, to: null },
    ])
    await confirm(back.id)
    await world.runner.runDue()
    expect(await Promise.all(world.sites.map(own))).toEqual([{ [hours]: 3 }, { [hours]: 11 }, {}])
    expect([(await order(id)).undoneBy, (await order(back.id)).undoOf]).toEqual([back.id, id])
    expect((await call()('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({ code: 'order.not-undoable', data: { reason: 'undone' } })
    await answer(world.sites)
    expect(await order(back.id)).toMatchObject({ state: 'finished' })
  })

  it('of a template: the one followed before comes back with the values that had given way; where another is followed by now nothing is touched', async () => {
    const template = async (name: string, values: object) =>
      (await call()('POST', '/v1/templates', { name, families: ['endpoint-hosted', 'endpoint-server'], values })).body.id as string
    const [first, second] = [await template('First', { [hours]: 2 }), await template('Second', { [hours]: 4 })]
    await setBy(world.owner, world.sites[0]!, { [hours]: 9 })
    const target = { kind: 'customers', customerIds: world.sites.slice(0, 2).map(({ customerId }) => customerId) }
    const id = await give({ at: 'customer', template: { id: first, version: 1 } }, { target })
    await answer(world.sites)
    await call()('POST', `/v1/templates/${second}/apply`, { targets: [{ customerId: world.sites[1]!.customerId }], version: 1 })
    const { order: back } = await undo(id)
    expect((await places(back.id)).map((row) => [row.customerName, row.reason])).toEqual([
      ['Alder', null],
      ['Birch', 'changed-since'],
    ])
    await confirm(back.id)
    await world.runner.runDue()
    expect(
      await sql(
        'select template_name, values from setting_layer where customer_id = any($1) order by template_name nulls first',
        world.sites.map(({ customerId }) => customerId),
      ),
    ).toEqual([
      { template_name: null, values: { [hours]: 9 } },
      { template_name: 'Second', values: {} },
    ])
  })

  it('of outbreak defence: lifts it where the order began it, not where somebody has ended or renewed it since', async () => {
    const {
      order: { id },
    } = await draft(
      { until: new Date(Date.now() + 3_600_000).toISOString(), blockPorts: [445], denyWrites: [] },
      { type: 'start-outbreak-defence' },
    )
    const ended = async (orderId: string) => {
      for (let n = 0; n < 4; n++) {
        await world.runner.runDue()
        await answer(world.sites)
      }
      expect((await order(orderId)).state).toBe('finished')
    }
    await confirm(id)
    await ended(id)
    await ended(await draftAndConfirm('stop-outbreak-defence', { kind: 'customers', customerIds: [world.sites[0]!.customerId] }))
    const { order: back, dryRun } = await undo(id)
    expect([back.type, dryRun.willGet, dryRun.skipped]).toEqual(['stop-outbreak-defence', 2, [{ reason: 'changed-since', agents: 1 }]])
    await confirm(back.id)
    await ended(back.id)
  })

  it('of a scan there is none, and it says so', async () => {
    await sql(
      `update agent set commands = '[{"type": "scan-now", "isSupported": true, "reason": null}]' where partner_id = $1`,
      world.partnerId,
    )
    const id = await draftAndConfirm('scan-now', { kind: 'matching' })
    expect((await call()('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({
      code: 'order.not-undoable',
      data: { reason: 'no-inverse' },
    })
  })
})
