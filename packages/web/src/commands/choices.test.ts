import { describe, expect, it } from 'vitest'
import { choicesFor, stateBlocks } from './choices.ts'

const can = (type: string, reason: string | null = null) => ({ type, isSupported: reason === null, reason })
const reasonOf = (agents: Parameters<typeof choicesFor>[0]) => choicesFor(agents, ['scan-now'])[0]!.disabledReason

describe('what a product can be told now (AGT-3, AGT-7)', () => {
  it('offers what the type declares, in its order', () => {
    expect(choicesFor([], ['update-components', 'scan-now']).map(({ type }) => type)).toEqual(['update-components', 'scan-now'])
  })
  it.each([
    ['no agent yet', [], 'command-reason.agent-pending'],
    ['online and able', [{ state: 'online', commands: [can('scan-now')] }], undefined],
    ['offline: waits for its return', [{ state: 'offline', commands: [can('scan-now')] }], undefined],
    ['nothing reported yet: the server decides', [{ state: 'online', commands: [] }], undefined],
    ['disabled', [{ state: 'disabled', commands: [can('scan-now')] }], 'command-reason.agent-disabled'],
    ['engine away', [{ state: 'plug-in-error', commands: [can('scan-now', 'clamd-stopped')] }], 'command-reason.clamd-stopped'],
    [
      'one of two can',
      [
        { state: 'online', commands: [can('scan-now', 'clamd-stopped')] },
        { state: 'online', commands: [can('scan-now')] },
      ],
      undefined,
    ],
    [
      'one listens but can’t, one is disabled',
      [
        { state: 'disabled', commands: [] },
        { state: 'online', commands: [can('scan-now', 'scan-running')] },
      ],
      'command-reason.scan-running',
    ],
    [
      'can’t, without a word why',
      [{ state: 'online', commands: [{ type: 'scan-now', isSupported: false, reason: null }] }],
      'command-reason.not-supported',
    ],
  ] as const)('%s', (_, agents, reason) => {
    expect(reasonOf(agents as never)).toBe(reason)
  })
  it('only states without an ear block', () => {
    expect((['online', 'offline', 'abnormal', 'unknown', 'plug-in-error'] as const).map(stateBlocks)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
