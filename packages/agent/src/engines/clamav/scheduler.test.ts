import { describe, expect, it } from 'vitest'
import type { State } from '../../core/queue-files.ts'
import type { Host } from '../../core/engine.ts'
import { Scheduler } from './scheduler.ts'
import { inForce, isUsable, valuesOf, type Applied, type Local } from './settings.ts'

const local: Local = { scanPaths: ['/'], excludePaths: ['/var/cache'], onAccess: null, usualPaths: ['/home', '/srv'] }

/** A machine with a clock in the test's hand, and what it keeps over restarts. */
class Machine {
  readonly kept = new Map<string, unknown>()
  readonly scans: string[] = []
  updates = 0
  isScanning = false
  hasFailed = false
  now = new Date('2026-03-27T10:00:00Z')
  applied: Applied = {
    revision: 1,
    values: {
      'scheduled-scan.enabled': true,
      'scheduled-scan.frequency': 'daily',
      'scheduled-scan.time': '02:30',
      'scheduled-scan.time-zone': 'Europe/Paris',
    },
  }
  checkedAt: Date | null = null
  scheduler = this.start()

  start(): Scheduler {
    const host = {
      now: () => this.now,
      recall: (key: string) => this.kept.get(key),
      log: { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} },
      tell: async (_: unknown, state: State = {}) => void Object.entries(state).forEach(([key, value]) => this.kept.set(key, value)),
    } as unknown as Host
    return new Scheduler({
      host,
      inForce: () => inForce(this.applied, local),
      isScanning: () => this.isScanning,
      updateCheckedAt: () => this.checkedAt,
      scan: async () => void this.scans.push(this.now.toISOString()),
      update: () => async () => {
        this.updates++
        if (this.hasFailed) throw new Error('mirror away')
        this.checkedAt = this.now
      },
    })
  }
  async at(iso: string): Promise<void> {
    this.now = new Date(iso)
    await this.scheduler.tick()
  }
}

describe('scheduled scans (AGT-4, R46)', () => {
  it('once each local day, over the hour that is skipped, whenever it is looked', async () => {
    const machine = new Machine()
    await machine.scheduler.begin()
    for (let ms = Date.parse('2026-03-27T10:00:00Z'); ms < Date.parse('2026-03-31T10:00:00Z'); ms += 600_000)
      await machine.at(new Date(ms).toISOString())
    // 28 March 02:30 CET; 29 March 02:30 is skipped: due at 03:00 CEST; then 02:30 CEST
    expect(machine.scans).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
      '2026-03-31T00:30:00.000Z',
    ])
  })
  it('a machine that slept for three days scans once, when it wakes', async () => {
    const machine = new Machine()
    await machine.at('2026-03-27T10:00:00Z')
    await machine.at('2026-03-30T09:00:00Z')
    await machine.at('2026-03-30T09:01:00Z')
    expect(machine.scans).toEqual(['2026-03-30T09:00:00.000Z'])
  })
  it('an agent that dies during its scan does not begin it again that day', async () => {
    const machine = new Machine()
    await machine.at('2026-03-27T10:00:00Z')
    await machine.at('2026-03-28T02:00:00Z')
    machine.scheduler = machine.start() // what is kept is all that is left
    await machine.at('2026-03-28T03:00:00Z')
    expect(machine.scans).toHaveLength(1)
  })
  it('never two at once: it waits for the scan that runs', async () => {
    const machine = new Machine()
    await machine.at('2026-03-27T10:00:00Z')
    machine.isScanning = true
    await machine.at('2026-03-28T01:30:00Z')
    expect(machine.scans).toEqual([])
    machine.isScanning = false
    await machine.at('2026-03-28T04:00:00Z')
    expect(machine.scans).toHaveLength(1)
  })
  it('an earlier time than now, set now, is not made up for', async () => {
    const machine = new Machine()
    await machine.scheduler.begin()
    await machine.at('2026-03-27T10:05:00Z')
    expect(machine.scans).toEqual([])
  })
})

describe('updates by the clock', () => {
  it('come when the last check is too long ago, and wait after a failure', async () => {
    const machine = new Machine()
    machine.applied = { revision: 1, values: { 'update-schedule.enabled': true, 'update-schedule.every-hours': 4 } }
    machine.checkedAt = new Date('2026-03-27T08:00:00Z')
    await machine.at('2026-03-27T11:59:00Z')
    expect(machine.updates).toBe(0)
    machine.hasFailed = true
    await machine.at('2026-03-27T12:00:00Z')
    await machine.at('2026-03-27T12:01:00Z')
    expect(machine.updates).toBe(1)
  })
})

describe('settings in force (AGT-4)', () => {
  it('what nobody ordered is the machine’s own', () => {
    expect(valuesOf(inForce({ revision: 0, values: {} }, local), false)).toMatchObject({
      'real-time-scan.enabled': false,
      'manual-scan.paths': ['/'],
      'exclusions.paths': ['/var/cache'],
      'scheduled-scan.enabled': false,
    })
  })
  it('switched on without folders: the usual ones', () => {
    expect(inForce({ revision: 1, values: { 'real-time-scan.enabled': true } }, local).onAccess).toEqual({
      paths: ['/home', '/srv'],
      action: 'block',
    })
  })
  it('reports what runs, not what was ordered', () => {
    expect(valuesOf(inForce({ revision: 1, values: { 'real-time-scan.enabled': true } }, local), false)['real-time-scan.enabled']).toBe(
      false,
    )
  })
  it.each([
    [{ 'manual-scan.paths': [] }, false],
    [{ 'real-time-scan.paths': [] }, false],
    [{ 'scheduled-scan.time-zone': 'Mars/Olympus' }, false],
    [{ 'exclusions.paths': [] }, true],
    [{ 'scheduled-scan.time-zone': 'Asia/Tokyo' }, true],
  ])('%j can be put in force: %s', (values, expected) => expect(isUsable(values as never)).toBe(expected))
})
