import { ordersApi, type OrderType } from '@vigie/domain/orders'
import { describe, expect, it } from 'vitest'
import { emptyForm, orderShape, paramsOf, type OrderForm } from './order-form.ts'

const form = (more: Partial<OrderForm>): OrderForm => ({ ...emptyForm, type: 'start-outbreak-defence', ports: ['445'], ...more })
const hosts = (count: number) => Array.from({ length: count }, (_, n) => `h${n}.example`)
const wrong = (more: Partial<OrderForm>) =>
  (orderShape.safeParse(form(more)).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

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
    ['settings, none chosen', { type: 'apply-settings' }, ['values: required']],
    ['a template, none chosen', { type: 'apply-settings', carries: 'template' }, ['templateId: required']],
    ['a template without its version', { type: 'apply-settings', carries: 'template', templateId: 'x' }, ['templateVersion: required']],
    ['addresses, none typed', { type: 'change-urls', entries: ' \n' }, ['entries: required']],
    ['200 addresses, one of them twice', { type: 'change-urls', entries: [...hosts(200), 'h0.example'].join('\n') }, []],
    ['201 addresses', { type: 'change-urls', entries: hosts(201).join('\n') }, ['entries: too-many']],
  ])('%s', (_, more, expected) => expect(wrong(more)).toEqual(expected))

  it.each<[OrderType, Partial<OrderForm>]>([
    ['scan-now', {}],
    ['uninstall-agent', {}],
    ['start-outbreak-defence', {}],
    ['upgrade-agent', { version: '1.2.3' }],
    ['apply-settings', { values: { 'exclusions.paths': ['/srv', ''] } }],
    ['apply-settings', { carries: 'template', at: 'product', templateId: '00000000-0000-7000-8000-000000000001', templateVersion: '1' }],
    ['change-urls', { entries: 'a.example\nb.example' }],
  ])('%s: what is sent is what the API takes', (type, more) => {
    const body = { type, target: { kind: 'matching' }, ...paramsOf(type, form({ type, ...more }), Date.parse('2026-11-21T12:00:30Z')) }
    expect(ordersApi.draftOrder.body!.safeParse(body).error).toBeUndefined()
  })

  it('ends a minute before its days are full, to the minute', () => {
    expect(paramsOf('start-outbreak-defence', form({ days: 7 }), Date.parse('2026-11-21T12:00:30Z')).params).toMatchObject({
      until: '2026-11-28T11:59:00.000Z',
    })
  })
})
