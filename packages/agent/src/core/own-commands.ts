import { firstFault, type CheckStep } from '@vigie/domain/agents'
import { checkMachine } from './check.ts'
import type { EngineCommand } from './engine.ts'
import type { MachineSources } from './machine.ts'
import type { Reporter } from './reporter.ts'
import type { Status } from './status.ts'

/** Keys of the evidence: `evidence.<name>`. */
const stepNames: Record<CheckStep, string> = {
  process: 'process',
  network: 'network',
  'connection-target': 'connectionTarget',
  requirements: 'requirements',
  engine: 'engine',
}

/** Tells everything anew, as the engine shows it at this moment. */
export const synchroniseCommand = (reporter: () => Reporter): EngineCommand => ({
  unavailable: () => null,
  start: async () => {
    const { engine } = await reporter().tellNow()
    return {
      endpoints: 1,
      engineVersion: engine?.engineVersion ?? null,
      patternVersion: engine?.patternVersion ?? null,
      problem: engine?.problem ?? null,
    }
  },
  isDone: (_, started) => started,
  confirmMs: 0,
})

/** AGT-10 from afar: the way is gone once more while the answer travels on it. What the person who asked sees is the evidence; each step with its result. */
export const checkCommand = (deps: {
  stateFolder: string
  reporter: () => Reporter
  status: () => Status
  machine?: MachineSources | undefined
}): EngineCommand => ({
  unavailable: () => null,
  start: async () => {
    await deps.reporter().look() // the engine as it is now, not as of the last round
    const report = await checkMachine({
      stateFolder: deps.stateFolder,
      live: deps.status(),
      service: null,
      machine: deps.machine,
    })
    const result = Object.fromEntries(report.steps.map((step) => [stepNames[step.step], step.result]))
    const fault = firstFault(report)
    return {
      ...result,
      checkedAt: report.at,
      ...(fault ? { fault: `check.${fault.step}.${fault.finding}`, problem: fault.problem } : {}),
    }
  },
  isDone: (_, started) => started,
  confirmMs: 0,
})
