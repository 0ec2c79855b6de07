import { fieldErrorsOf } from '@vigie/domain/kernel'
import { maintenanceApi } from '@vigie/domain/maintenance'
import { describe, expect, it } from 'vitest'
import { bodyOf, newPlan, planOf, shapeOf, type Plan } from './plan.ts'

const customerId = '0190a1b2-0000-7000-8000-000000000001'
const productId = '0190a1b2-0000-7000-8000-000000000002'
const plan = (of: Partial<Plan> = {}): Plan => newPlan('2026-11-21', 'Europe/Paris', { name: 'Patch day', customerId, ...of })
const wrong = (of: Partial<Plan>) => {
  const values = plan(of)
  const parsed = shapeOf(values).safeParse(values)
  return parsed.success ? [] : fieldErrorsOf(parsed.error, values).map(({ path, code }) => `${path}: ${code}`)
}

describe('planning a maintenance window (EVT-9)', () => {
  it('begins with tonight, for two hours, of one customer, and silences what is about the system', () => {
    expect(bodyOf(plan())).toEqual({
      name: 'Patch day',
      reason: '',
      target: { kind: 'customer', customerId },
      groups: ['system'],
      schedule: { kind: 'once', from: '2026-11-21', time: '22:00' },
      durationMinutes: 120,
      timeZone: 'Europe/Paris',
    })
    expect(newPlan('2026-11-21', 'UTC')).toMatchObject({ days: ['saturday'], weekday: 'saturday', day: 21 })
  })

  it.each<[string, Partial<Plan>, string[]]>([
    ['all is there', {}, []],
    ['no name', { name: ' ' }, ['name: required']],
    ['no customer', { customerId: null }, ['customerId: required']],
    ['a group of no product', { target: 'group' }, ['productId: required', 'group: required']],
    ['no endpoint', { target: 'endpoints', productId }, ['endpoints: required']],
    ['of all: nothing more', { target: 'all', customerId: null }, []],
    ['four minutes', { hours: 0, minutes: 4 }, ['minutes: too-small']],
    ['five', { hours: 0, minutes: 5 }, []],
    ['longer than a week', { hours: 169 }, ['hours: too-large']],
    ['no number', { hours: 'two' }, ['hours: not-whole']],
    ['weekly on no day', { repeats: 'weekly', days: [] }, ['days: required']],
    ['it silences nothing', { silencesSystem: false }, ['silencesSystem: required']],
  ])('%s', (_, of, expected) => expect(wrong(of)).toEqual(expected))

  it.each<Partial<Plan>>([
    { repeats: 'daily', every: 3, until: '2027-01-01' },
    { repeats: 'weekly', every: 2, days: ['monday', 'friday'] },
    { repeats: 'monthly-day', day: 31 },
    { repeats: 'monthly-weekday', week: 'last', weekday: 'friday' },
    { target: 'group', productId, group: 'servers' },
    { target: 'tag', tag: 'bakery', customerId: null },
    { target: 'endpoints', productId, endpoints: [{ id: customerId, name: 'srv-1' }] },
  ])('what is written comes back into the form: %o', (of) => {
    const body = maintenanceApi.createWindow.body!.parse(bodyOf(plan(of)))
    const { kind } = body.target
    const window = {
      ...body,
      id: productId,
      state: 'next' as const,
      occurrence: null,
      customer: kind === 'all' || kind === 'tag' ? null : { id: customerId, name: 'Bakery' },
      groupLabel: null,
      endpoints: of.endpoints ?? [],
      product: kind === 'group' || kind === 'endpoints' ? { id: productId, name: 'office' } : null,
      silentCount: 0,
      createdBy: 'Ada',
      createdAt: '2026-11-21T00:00:00Z',
      version: 1,
    }
    expect(bodyOf(planOf(window))).toEqual(body)
  })
})
