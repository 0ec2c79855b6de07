import { describe, expect, it } from 'vitest'
import type { CheckReport } from '../agents/check.ts'
import { readSought, stepStates, verdictOf, type Known, type SuspectAgent } from './diagnosis.ts'

const nothing: Known = { endpoints: [], agents: [], products: [], refusals: [] }
const agent: SuspectAgent = {
  id: 'a',
  hostname: 'srv-1',
  state: 'online',
  cause: null,
  customerId: 'c',
  customerName: 'C',
  productId: 'p',
  productName: 'P',
  lastSeenAt: null,
  isClone: false,
  endpointCount: 0,
  deadLetters: { count: 0, reason: null },
} as unknown as SuspectAgent
const withAgent = (more: Partial<SuspectAgent>): Known => ({ ...nothing, agents: [{ ...agent, ...more }] })
const endpoint = (more: object = {}) =>
  ({ id: 'e', agentId: 'a', state: 'online', receivedAt: '2026-11-21T00:00:00.000Z', ...more }) as unknown as Known['endpoints'][number]
const refusal = { reason: 'agent.key-used' } as Known['refusals'][number]
const product = (keyState: string) => ({ ...nothing, products: [{ keyState }] }) as unknown as Known
const report = (failed: string | null): CheckReport =>
  ({
    format: 'vigie-agent check 1',
    at: '2026-11-21T00:00:00.000Z',
    hostname: 'srv-1',
    platform: 'Debian 13',
    fingerprint: null,
    addresses: [],
    agentVersion: '1',
    agentId: 'a',
    guid: null,
    server: null,
    isProxied: false,
    clockOffsetMs: 0,
    steps: (['process', 'network', 'connection-target', 'requirements', 'engine'] as const).map((step) => ({
      step,
      result: step === failed ? ('failed' as const) : ('ok' as const),
      findings: [
        {
          finding: 'port',
          result: step === failed ? ('failed' as const) : ('ok' as const),
          detail: null,
          problem: step === failed ? `check.${step}.refused` : null,
        },
      ],
    })),
    result: failed ? 'failed' : 'ok',
  }) as CheckReport

describe('my endpoint does not show (INV-2)', () => {
  it.each<[string, Known, CheckReport | null, string | null, string]>([
    ['it shows after all', { ...nothing, endpoints: [endpoint()] }, null, null, 'shows'],
    ['never heard of', nothing, null, 'process', 'never-heard'],
    ['its agent is silent', withAgent({ state: 'offline', endpointCount: 1 }), null, 'network', 'agent-silent'],
    [
      'its agent is silent though its endpoint is known',
      { ...withAgent({ state: 'abnormal', endpointCount: 1 }), endpoints: [endpoint({ state: 'abnormal' })] },
      null,
      'network',
      'agent-silent',
    ],
    ['its agent is disabled', withAgent({ state: 'disabled' }), null, 'connection-target', 'agent-disabled'],
    ['its agent lost its identity', withAgent({ state: 'unregistered' }), null, 'connection-target', 'agent-unregistered'],
    ['its agent is a copy', withAgent({ state: 'abnormal', cause: 'is-clone' }), null, 'connection-target', 'agent-clone'],
    ['its agent is too old', withAgent({ state: 'version-mismatch' }), null, 'connection-target', 'agent-version'],
    ['connected, nothing reported', withAgent({}), null, 'collect', 'agent-no-report'],
    [
      'connected, what it reports can’t be read',
      withAgent({ deadLetters: { count: 3, reason: 'shape' } }),
      null,
      'collect',
      'agent-dead-letters',
    ],
    ['its enrolment was refused', { ...nothing, refusals: [refusal] }, null, 'connection-target', 'refused'],
    ['an agent outweighs an older refusal', { ...withAgent({ state: 'offline' }), refusals: [refusal] }, null, 'network', 'agent-silent'],
    ['the key expired', product('expired'), null, 'connection-target', 'key-expired'],
    ['the key waits', product('waiting'), null, 'process', 'key-waiting'],
    ['no key yet', product('none'), null, 'process', 'no-key'],
    [
      'what the machine says of itself goes before our guess',
      withAgent({ state: 'offline' }),
      report('connection-target'),
      'connection-target',
      'checked',
    ],
    ['requirements and engine are the last step', nothing, report('engine'), 'collect', 'checked'],
    ['the machine is fine, and unknown here', nothing, report(null), 'connection-target', 'checked-fine'],
    [
      'another machine of that name shows, this one does not',
      { ...nothing, endpoints: [endpoint({ agentId: 'other' })] },
      report('network'),
      'network',
      'checked',
    ],
  ])('%s', (_, known, checked, step, finding) => {
    expect(verdictOf(known, checked)).toMatchObject({ step, finding })
  })

  it('tells the refusal’s and the checker’s own reason', () => {
    expect(verdictOf({ ...nothing, refusals: [refusal] }, null).cause).toBe('agent.key-used')
    expect(verdictOf(nothing, report('network')).cause).toBe('check.network.refused')
  })

  it('steps before the failed one went well, those after were not reached', () => {
    expect(Object.values(stepStates({ step: 'network', finding: 'agent-silent', cause: null, command: null }))).toEqual([
      'ok',
      'failed',
      'not-reached',
      'not-reached',
    ])
    expect(Object.values(stepStates({ step: null, finding: 'shows', cause: null, command: null }))).toEqual(['ok', 'ok', 'ok', 'ok'])
  })

  it('reads a pasted report, words, and says what it can’t read', () => {
    expect(readSought(` ${JSON.stringify({ ...report(null), agentId: null })}\n`)).toMatchObject({
      kind: 'report',
      report: { hostname: 'srv-1' },
    })
    expect(readSought(' srv-1 ')).toEqual({ kind: 'words', words: 'srv-1' })
    expect([readSought('{'), readSought('{}'), readSought('{"format":"other"}')]).toEqual(Array(3).fill({ kind: 'unreadable' }))
  })
})
