import { join } from 'node:path'
import * as z from 'zod'
import { CommandFailure, OutcomeLater, type EngineCommand } from './engine.ts'
import { readJson, writeAtomically } from './files.ts'

/**
 * `leaving.json`: this agent was ordered to go and has not gone yet. On disk before anything is given up, and taken away last: wherever it dies, the next start goes on from here.
 * `isTold`: the server said itself that it knows us no more.
 */
const Record = z.object({ format: z.literal(1), commandId: z.uuid(), isTold: z.boolean() })
export type LeavingRecord = z.infer<typeof Record>

export const leavingFile = 'leaving.json'
const path = (stateFolder: string): string => join(stateFolder, leavingFile)

export const loadLeaving = (stateFolder: string): Promise<LeavingRecord | null> => readJson(path(stateFolder), Record)
export const saveLeaving = (stateFolder: string, record: LeavingRecord): Promise<void> =>
  writeAtomically(path(stateFolder), JSON.stringify(record))

interface LeaveDeps {
  stateFolder: string
  /** Text key below `command-reason.`; null: it can. */
  reason: () => string | null
  /** Service, program and state may be taken away by this process. */
  mayGo: () => Promise<boolean>
  /** On disk: say goodbye, then go. */
  onDecided: (record: LeavingRecord) => void
}

/** `uninstall-agent`: decides here; goes when the server heard the goodbye, which is the outcome (AGT-3). What refuses it is said before anything is given up. */
export function leaveCommand({ stateFolder, reason, mayGo, onDecided }: LeaveDeps): EngineCommand {
  return {
    unavailable: reason,
    start: async (_signal, _params, commandId) => {
      if (commandId === undefined) throw new CommandFailure('not-supported')
      if (!(await mayGo())) throw new CommandFailure('removal-not-allowed')
      const record = { format: 1 as const, commandId, isTold: false }
      await saveLeaving(stateFolder, record)
      onDecided(record)
      throw new OutcomeLater()
    },
    isDone: () => null,
    confirmMs: 0,
  }
}
