import { describe, expect, it } from 'vitest'
import { locales } from '@vigie/domain/kernel'
import { translator } from '@vigie/domain/text'
import { connectionFaults } from '../core/faults.ts'
import { probeSteps } from '../core/probe.ts'
import { Status } from '../core/status.ts'
import { exitCodes } from './exit-codes.ts'
import { icons, messages } from './messages.ts'

describe.each([...locales])('what the local tool says, in %s (AGT-5)', (locale) => {
  const t = translator(locale)

  it.each(messages.map((message) => [message.seed, message.text] as const))('%s: its sentence and its way out', (_, text) => {
    expect([t.has(text), t.has(`${text}.remedy`)]).toEqual([true, true])
  })

  it('every state, icon, leg, fault and exit code has its words; every fault its way out', () => {
    const keys = [
      ...[...Status.shape.state.options, 'not-running'].map((state) => `agent.status.${state}`),
      ...new Set(Object.values(icons).map((icon) => `agent.icon.${icon}`)),
      ...probeSteps.map((step) => `agent.probe.${step}`),
      ...[...connectionFaults, 'clock-off'].flatMap((fault) => [`agent.connection.${fault}`, `agent.connection.${fault}.remedy`]),
      ...Object.keys(exitCodes).map((name) => `agent.exit.${name}`),
    ]
    expect(keys.filter((key) => !t.has(key))).toEqual([])
  })
})

it('every state that is not well is one of the messages', () => {
  const told = messages.flatMap(({ when }) => ('state' in when ? [when.state] : []))
  expect(
    Object.keys(icons)
      .filter((state) => !['online', 'connecting', 'stopped'].includes(state))
      .toSorted(),
  ).toEqual(told.toSorted())
})
