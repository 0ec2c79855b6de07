import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtInTemplates } from './templates.ts'
import { settingGroups, slots } from './catalogue.ts'
import { checkValues } from './values.ts'

describe('the catalogue of settings (AGT-4, ADM-1)', () => {
  it('is whole: every group’s file is in the list', () => {
    const files = readdirSync(import.meta.dirname)
      .filter((name) => /^[a-z-]+\.ts$/.test(name))
      .map((name) => name.replace('.ts', ''))
    const machinery = [
      'api',
      'catalogue',
      'define',
      'index',
      'layers',
      'schedule',
      'shapes',
      'states',
      'templates',
      'url-api',
      'urls',
      'values',
    ]
    expect(files.filter((file) => !machinery.includes(file) && file !== 'pop3-scan').toSorted()).toEqual(
      settingGroups
        .map(({ id }) => id)
        .filter((id) => id !== 'pop3-scan')
        .toSorted(),
    )
  })
  it('every default fits its own shape, every key fits the wire', () => {
    const { errors } = checkValues(Object.fromEntries(slots.map(({ key, setting }) => [key, setting.default])))
    expect(errors).toEqual([])
    expect(slots.filter(({ key }) => key.length > 60)).toEqual([])
  })
  it('built-in templates hold values that fit', () =>
    expect(builtInTemplates.flatMap(({ values }) => checkValues(values).errors)).toEqual([]))
})

describe('hostile and wrong values (R6, R12)', () => {
  it.each<[string, unknown, string]>([
    ['exclusions.paths', ['relative'], 'path.shape'],
    ['exclusions.paths', ['/srv/../etc'], 'path.shape'],
    ['exclusions.paths', ['/srv\nOnAccessPrevention no'], 'path.shape'],
    ['exclusions.paths', ['/srv\u0000'], 'path.shape'],
    ['exclusions.paths', ['/srv\u2028x'], 'path.shape'],
    ['exclusions.paths', [`/${'a'.repeat(1_000)}`], 'too-long'],
    ['exclusions.paths', Array.from({ length: 1_001 }, (_, at) => `/${at}`), 'too-many'],
    ['exclusions.paths', '/srv', 'wrong-type'],
    ['real-time-scan.enabled', 'yes', 'wrong-type'],
    ['real-time-scan.action', 'delete', 'not-a-choice'],
    ['update-schedule.every-hours', 0, 'too-small'],
    ['update-schedule.every-hours', 1.5, 'not-whole'],
    ['scheduled-scan.time', '24:00', 'time.shape'],
    ['outbreak-prevention.ports', ['70000'], 'port.shape'],
    ['__proto__.x', true, 'unknown'],
    ['constructor', true, 'unknown'],
  ])('%s %j is refused: %s', (key, value, code) => {
    const { values, errors } = checkValues({ [key]: value })
    expect(errors.map((error) => error.code)).toContain(code)
    expect(Object.keys(values)).toEqual([])
  })
  it('an agent leaves out what it does not know, and takes the rest (R19)', () => {
    expect(checkValues({ 'of-a-newer-server.enabled': true, 'real-time-scan.enabled': false }, true)).toEqual({
      values: { 'real-time-scan.enabled': false },
      errors: [],
    })
  })
  it('a line twice is one', () =>
    expect(checkValues({ 'exclusions.paths': ['/a', '/a ', '/b'] }).values).toEqual({ 'exclusions.paths': ['/a', '/b'] }))
})
