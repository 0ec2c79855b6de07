import { describe, expect, it } from 'vitest'
import { aMachine, newStateFolder, remove } from '../testing/in-process.ts'
import { checkMachine } from './check.ts'
import type { EngineReport } from './engine.ts'
import type { Status } from './status.ts'

describe('what check says of the running agent (AGT-10)', () => {
  const engine: EngineReport = {
    engine: 'clamav',
    engineVersion: '1.4.6',
    patternVersion: '27400',
    patternBuiltAt: null,
    updateCheckedAt: null,
    realTimeScan: 'on',
    scan: { isRunning: false, startedAt: null, finishedAt: null },
    problem: null,
  }
  async function checked(said: Partial<EngineReport>) {
    const stateFolder = await newStateFolder()
    const live = { version: '9.9.9', state: 'online', detail: null, pid: 1, memoryBytes: 1, engine: { ...engine, ...said } }
    try {
      return await checkMachine({ stateFolder, live: live as Partial<Status> as Status, service: null, machine: aMachine('one') })
    } finally {
      await remove(stateFolder)
    }
  }

  it.each([
    ['its version is known', {}, 'ok', null],
    ['it answers and names no version', { patternVersion: null }, 'warning', 'check.problem.signatures-own'],
    ['it does not answer', { patternVersion: null, engineVersion: null }, 'failed', 'engine-problem.signatures-missing'],
  ])('signatures, where %s', async (_, said, result, problem) => {
    const { steps } = await checked(said)
    expect(steps.at(-1)!.findings.find(({ finding }) => finding === 'signatures')).toMatchObject({ result, problem })
  })

  it('its version is that of the agent that runs, which may have upgraded itself, not of the program that asks (R17)', async () => {
    expect((await checked({})).agentVersion).toBe('9.9.9')
  })
})
