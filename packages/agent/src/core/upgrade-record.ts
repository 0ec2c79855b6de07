import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { OutcomeItem, ReleaseVersion } from '@vigie/domain/agents'
import { readJson, writeAtomically } from './files.ts'

const Installed = z.object({
  version: ReleaseVersion,
  /** Of the program as it was unpacked from a package that was believed. What lies there is compared with it at each start: a disk may lie (R17). */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
export type Installed = z.infer<typeof Installed>
const Trial = Installed.extend({
  commandId: z.uuid(),
  /** What ran before. */
  from: z.string().max(40),
  /** Started so often, counted before each start. */
  starts: z.number().int().min(0),
})

/**
 * `upgrade.json`: which program beside the installed one runs. Read by the launcher of any version, the oldest that is installed anywhere too: fields may come, none may change.
 * Each step of an upgrade is one replacement of this file; between two of them nothing is half done.
 */
const Record = z.object({
  format: z.literal(1),
  /** Null: the installed program. */
  current: Installed.nullable(),
  /** Runs until it was welcome at the server, or is given up. */
  trial: Trial.nullable(),
  /** What became of the last one, until it stands in the queue. */
  ended: z.object({ commandId: z.uuid(), step: z.enum(['succeeded', 'failed']), evidence: OutcomeItem.shape.evidence }).nullable(),
})
export type UpgradeRecord = z.infer<typeof Record>

const none: UpgradeRecord = { format: 1, current: null, trial: null, ended: null }
const path = (stateFolder: string): string => join(stateFolder, 'upgrade.json')
export const versionsFolder = (stateFolder: string): string => join(stateFolder, 'versions')
export const programOf = (stateFolder: string, version: string): string => join(versionsFolder(stateFolder), version, 'vigie-agent')

/** One that can't be read counts as none: the installed program runs, and it is never the wrong one. */
export async function loadUpgrade(stateFolder: string): Promise<UpgradeRecord> {
  return (await readJson(path(stateFolder), Record).catch(() => null)) ?? none
}

export const saveUpgrade = (stateFolder: string, record: UpgradeRecord): Promise<void> =>
  writeAtomically(path(stateFolder), JSON.stringify(record, null, 2))

/** Is the program there, and all of it? */
export async function isIntact(stateFolder: string, { version, sha256 }: Installed): Promise<boolean> {
  return (await sha256OfFile(programOf(stateFolder, version)).catch(() => null)) === sha256
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Takes away what no upgrade needs any more: half downloads of a process that died, versions that gave way. Never what runs or is about to. */
export async function tidyVersions(stateFolder: string, { current, trial }: UpgradeRecord): Promise<void> {
  const kept = [current?.version, trial?.version]
  for (const name of await readdir(versionsFolder(stateFolder)).catch(() => [])) {
    if (!kept.includes(name)) await rm(join(versionsFolder(stateFolder), name), { recursive: true, force: true })
  }
}
