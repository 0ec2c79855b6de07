import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SettingValue } from '@vigie/domain/agents'
import { startPeer } from '../testing/peer.ts'
import { type Fleet, type SettingsMode, startFleet } from './index.ts'

let peer: Awaited<ReturnType<typeof startPeer>>
let fleet: Fleet
const start = async (settings: SettingsMode) =>
  (fleet = await startFleet({ server: peer.server, agents: peer.enrolments(1), engine: { answers: 'succeed', workMs: 5, settings } }))
const told = () => peer.seen.items.filter((item) => item.kind === 'endpoint')
const apply = (revision: number, values: Record<string, SettingValue>) =>
  peer.command(fleet.agents[0]!.identity.agentId, {}, { type: 'apply-settings', params: { revision, values } })
const outcome = async (commandId: string) => {
  const found = () => peer.seen.items.find((item) => item.kind === 'outcome' && item.commandId === commandId && item.step !== 'running')
  await vi.waitFor(() => expect(found()).toBeDefined(), 15_000)
  return found()
}

beforeEach(async () => {
  peer = await startPeer()
})
afterEach(async () => {
  await fleet.stop()
  expect(peer.seen.faults).toEqual([])
  await peer.close()
})

describe('settings of simulated machines (AGT-4)', () => {
  it('obeys: tells what it has as revision 0, then what the order said, the machine’s own for the rest; a key of a newer server is left out (R19)', async () => {
    await start('obeys')
    await fleet.drained()
    expect(told().at(-1)).toMatchObject({
      settings: { revision: 0, values: { 'update-schedule.every-hours': 4, 'real-time-scan.enabled': true } },
      commands: expect.arrayContaining([{ type: 'apply-settings', isSupported: true, reason: null }]),
    })
    expect(await outcome(apply(3, { 'real-time-scan.enabled': false, 'of-a-newer-server.enabled': true }))).toMatchObject({
      step: 'succeeded',
      evidence: { simulated: true, revision: 3, settings: 1 },
    })
    expect(told().at(-1)).toMatchObject({
      settings: { revision: 3, values: { 'real-time-scan.enabled': false, 'update-schedule.every-hours': 4 } },
      engine: { realTimeScan: 'off' },
    })
    expect(told().at(-1)!.settings!.values).not.toHaveProperty('of-a-newer-server.enabled')
    await outcome(apply(4, {}))
    expect(told().at(-1)).toMatchObject({ settings: { revision: 4, values: { 'real-time-scan.enabled': true } } })
  })

  it.each([
    ['a switch', 'real-time-scan.enabled', true],
    ['a number', 'update-schedule.every-hours', 6],
    ['a choice', 'manual-scan.action', 'quarantine'],
    ['folders', 'exclusions.paths', ['/srv/a']],
    ['a time', 'scheduled-scan.time', '02:00'],
  ])('drifts: %s is done, then another at the same revision', async (_, key, value) => {
    await start('drifts')
    expect(await outcome(apply(1, { [key]: value }))).toMatchObject({ step: 'succeeded' })
    expect(told().at(-1)!.settings!.values[key]).toEqual(value)
    await vi.waitFor(() => expect(told().at(-1)!.settings!.values[key]).not.toEqual(value), 15_000)
    expect(told().at(-1)!.settings!.revision).toBe(1)
  })

  it('refuses: says which, and keeps what it had', async () => {
    await start('refuses')
    expect(await outcome(apply(1, { 'exclusions.paths': ['/srv/x'] }))).toMatchObject({
      step: 'failed',
      evidence: { reason: 'settings-wrong', setting: 'exclusions.paths' },
    })
    expect(told().at(-1)).toMatchObject({ settings: { revision: 0, values: { 'exclusions.paths': [] } } })
  })

  it('slow: is running for seconds; stopping the fleet ends it', async () => {
    await start('slow')
    const commandId = apply(1, { 'update-schedule.every-hours': 6 })
    await vi.waitFor(
      () =>
        expect(peer.seen.items.some((item) => item.kind === 'outcome' && item.commandId === commandId && item.step === 'running')).toBe(
          true,
        ),
      15_000,
    )
    expect(told().at(-1)).toMatchObject({ settings: { revision: 0 } })
  })

  it('knows none: tells none, and does not take the order (AGT-7)', async () => {
    await start('knows-none')
    await fleet.drained()
    expect(told().at(-1)).toMatchObject({
      settings: null,
      commands: expect.arrayContaining([{ type: 'apply-settings', isSupported: false, reason: 'not-supported' }]),
    })
  })

  it('what is not an order’s shape is refused, though it was signed (R14)', async () => {
    await start('obeys')
    expect(
      await outcome(peer.command(fleet.agents[0]!.identity.agentId, {}, { type: 'apply-settings', params: { revision: 0, values: {} } })),
    ).toMatchObject({ step: 'failed', evidence: { reason: 'params-wrong' } })
  })

  it('a check says what there is to look at on a machine that is made up (AGT-10)', async () => {
    await start('obeys')
    expect(await outcome(peer.command(fleet.agents[0]!.identity.agentId, {}, { type: 'check' }))).toMatchObject({
      step: 'succeeded',
      evidence: { simulated: true, connectionTarget: 'ok', engine: 'not-run' },
    })
  })
})
