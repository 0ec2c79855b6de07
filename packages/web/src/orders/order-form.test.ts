import { ordersApi } from '@vigie/domain/orders'
import { describe, expect, it } from 'vitest'
import { orderShape, paramsOf, type OrderForm } from './order-form.ts'

const form = (more: Partial<OrderForm>): OrderForm => ({ type: 'start-outbreak-defence', version: null, days: 3, ports: ['445'], ...more })
const wrong = (more: Partial<OrderForm>) => (orderShape.safeParse(form(more)).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('the form of an order (AGT-3, EVT-5)', () => {
  it.each<[string, Partial<OrderForm>, string[]]>([
    ['ports and days', {}, []],
    ['a scan needs neither', { type: 'scan-now', ports: [], days: null }, []],
    ['nothing chosen', { type: null }, ['type: required']],
    ['no version', { type: 'upgrade-agent' }, ['version: required']],
    ['no port', { ports: [] }, ['ports: required']],
    ['port 65536', { ports: ['445', '65536'] }, ['ports: port.shape']],
    ['a word', { ports: ['smb'] }, ['ports: port.shape']],
    ['seven days', { days: 7 }, []],
    ['eight days', { days: 8 }, ['days: invalid']],
    ['no days', { days: null }, ['days: invalid']],
  ])('%s', (_, more, expected) => expect(wrong(more)).toEqual(expected))

  it.each(['scan-now', 'start-outbreak-defence', 'upgrade-agent'] as const)('%s: what is sent is what the API takes', (type) => {
    const body = { type, target: { kind: 'matching' }, ...paramsOf(type, form({ type, version: '1.2.3' }), Date.parse('2026-11-21T12:00:30Z')) }
    expect(ordersApi.draftOrder.body!.safeParse(body).error).toBeUndefined()
  })

  it('ends a minute before its days are full, to the minute', () => {
    expect(paramsOf('start-outbreak-defence', form({ days: 7 }), Date.parse('2026-11-21T12:00:30Z')).params).toMatchObject({ until: '2026-11-28T11:59:00.000Z' })
  })
})
