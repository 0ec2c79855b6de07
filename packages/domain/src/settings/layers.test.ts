import { describe, expect, it } from 'vitest'
import { changesBetween, dangerOf, departures, resolve, wantedValues, type Layer, type LayerLevel } from './layers.ts'
import { stateOf, worstOf, type EndpointSettings, type SettingState } from './states.ts'
import type { SettingValues } from './catalogue.ts'

const at = '2026-11-21T12:00:00.000Z'
const layer = (level: LayerLevel, values: SettingValues, template?: SettingValues): Layer => ({
  level,
  name: level,
  values,
  setBy: Object.fromEntries(Object.keys(values).map((key) => [key, { by: 'Ada', at }])),
  template: template ? { id: 't', name: 'Servers', version: 1, values: template, by: 'Bob', at } : null,
})
const hours = 'update-schedule.every-hours'
const value = (layers: Layer[], key = hours) => resolve([key], layers).get(key)!

describe('layers of settings (AGT-4, ADM-3)', () => {
  it.each<[string, Layer[], number, string]>([
    ['nothing set: the type’s default', [], 4, 'default'],
    ['a template outweighs the default', [layer('customer', {}, { [hours]: 5 })], 5, 'template'],
    ['the customer outweighs his template', [layer('customer', { [hours]: 6 }, { [hours]: 5 })], 6, 'customer'],
    [
      'a product’s template outweighs the customer',
      [layer('customer', { [hours]: 6 }), layer('product', {}, { [hours]: 7 })],
      7,
      'template',
    ],
    ['the product outweighs the customer', [layer('customer', { [hours]: 6 }), layer('product', { [hours]: 8 })], 8, 'product'],
    [
      'the group, nearest to the endpoint, outweighs all',
      [layer('customer', { [hours]: 6 }), layer('product', { [hours]: 8 }), layer('group', { [hours]: 9 })],
      9,
      'group',
    ],
    [
      'a layer that sets something else says nothing of this',
      [layer('customer', { [hours]: 6 }), layer('group', { 'scheduled-scan.enabled': true })],
      6,
      'customer',
    ],
  ])('%s', (_, layers, expected, kind) => {
    expect(value(layers)).toMatchObject({ value: expected, origin: { kind } })
  })

  it('tells who set a value and when, and the template’s name', () => {
    expect(value([layer('product', { [hours]: 8 })]).origin).toEqual({ kind: 'product', level: 'product', name: 'product', by: 'Ada', at })
    expect(value([layer('product', {}, { [hours]: 8 })]).origin).toEqual({
      kind: 'template',
      level: 'product',
      name: 'Servers',
      by: 'Bob',
      at,
    })
  })

  it('an order carries what somebody wants, and nothing that nobody asked for', () => {
    expect(wantedValues(resolve([hours, 'exclusions.paths'], [layer('group', { [hours]: 9 })]))).toEqual({ [hours]: 9 })
  })

  it('in and out of the office are two values', () => {
    const both = resolve(['firewall.enabled@in', 'firewall.enabled@out'], [layer('customer', { 'firewall.enabled@out': true })])
    expect([...both].map(([key, { value: is }]) => [key, is])).toEqual([
      ['firewall.enabled@in', false],
      ['firewall.enabled@out', true],
    ])
  })

  it('says what departed from the nearest template', () => {
    const layers = [layer('customer', {}, { [hours]: 5, 'exclusions.paths': [] }), layer('product', { [hours]: 6 })]
    expect(departures(resolve([hours, 'exclusions.paths'], layers), layers)).toEqual([hours])
  })
})

describe('what weakens (R16)', () => {
  const weakens = (key: string, from: SettingValues[string], to: SettingValues[string]) =>
    dangerOf(changesBetween(resolve([key], [layer('customer', { [key]: from })]), resolve([key], [layer('customer', { [key]: to })])))
  it.each<[string, SettingValues[string], SettingValues[string], string]>([
    ['real-time-scan.enabled', true, false, 'weakens'],
    ['real-time-scan.enabled', false, true, 'none'],
    ['real-time-scan.action', 'quarantine', 'block', 'weakens'],
    ['real-time-scan.paths', ['/srv', '/home'], ['/srv'], 'weakens'],
    ['real-time-scan.paths', ['/srv', '/home'], ['/home', '/srv'], 'none'],
    ['manual-scan.action', 'quarantine', 'report', 'weakens'],
    ['exclusions.paths', [], ['/srv'], 'weakens'],
    ['exclusions.paths', ['/srv'], [], 'none'],
    ['scheduled-scan.frequency', 'daily', 'weekly', 'weakens'],
    ['scheduled-scan.time', '01:00', '02:00', 'none'],
    ['update-schedule.every-hours', 4, 24, 'none'],
    ['firewall.level@out', 'high', 'low', 'weakens'],
    ['device-control.storage', 'full', 'blocked', 'none'],
  ])('%s: %s to %s: %s', (key, from, to, expected) => expect(weakens(key, from, to)).toBe(expected))
})

describe('wanted against reported (architecture §3)', () => {
  const [wanted] = [...resolve([hours], [layer('product', { [hours]: 8 })]).values()]
  const [unset] = [...resolve([hours], []).values()]
  const endpoint = (is: Partial<EndpointSettings>): EndpointSettings => ({
    reported: { revision: 2, values: { [hours]: 8 } },
    wantedRevision: 2,
    order: 'succeeded',
    ...is,
  })
  it.each<[string, Partial<EndpointSettings>, SettingState]>([
    ['as wanted', {}, 'effective'],
    ['another value at the wanted revision', { reported: { revision: 2, values: { [hours]: 3 } } }, 'drifted'],
    ['the engine does not report it', { reported: { revision: 2, values: {} } }, 'unsupported'],
    ['an order waits', { reported: { revision: 1, values: { [hours]: 3 } }, order: 'waiting' }, 'waiting'],
    ['the agent is offline and no order was given', { reported: { revision: 1, values: {} }, order: null }, 'waiting'],
    ['the order is at the agent', { reported: { revision: 1, values: {} }, order: 'running' }, 'under-way'],
    ['the order failed', { reported: { revision: 1, values: {} }, order: 'failed' }, 'failed'],
    [
      'restored from a backup: an older revision, though the order once succeeded',
      { reported: { revision: 1, values: { [hours]: 8 } }, order: 'succeeded' },
      'waiting',
    ],
    ['never heard', { reported: null, order: 'waiting' }, 'waiting'],
  ])('%s: %s', (_, is, expected) => expect(stateOf(hours, wanted!, endpoint(is))).toBe(expected))

  it('nobody set it: what the machine has holds', () => {
    expect(stateOf(hours, unset!, endpoint({ wantedRevision: 0, reported: { revision: 0, values: { [hours]: 1 } } }))).toBe('machine')
    expect(stateOf(hours, unset!, endpoint({ wantedRevision: 0, reported: null }))).toBe('not-reported')
  })
  it('a row says the worst of its endpoints', () => expect(worstOf(['effective', 'drifted', 'waiting'])).toBe('drifted'))
})
