import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as z from 'zod'
import { keepIdentity, readIdentity, type LabIdentity } from '../agents/index.ts'
import { Standing } from './standing.ts'

/** A mistake of the person at the terminal, or something of theirs in the way: one sentence with the way out. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

const Kept = z.object({
  demo: z.literal(2),
  seed: z.number().int(),
  customers: z.number().int(),
  isWhole: z.boolean(),
  agentPort: z.number().int(),
  ca: z.string(),
  serial: z.number().int(),
  identities: z.array(z.string()),
  standing: Standing,
})

export interface DemoState {
  seed: number
  customers: number
  /** False: its history was not written to the end; it begins anew. */
  isWhole: boolean
  agentPort: number
  ca: string
  /** Of the next detection found live. */
  serial: number
  identities: readonly LabIdentity[]
  standing: Standing
}

const fileOf = (folder: string) => path.join(folder, 'demo.json')

/**
 * What an earlier run left; null: nothing. @throws DemoError when the folder holds anything that is not a demo's: nothing of a real installation is ever
 * read, changed or deleted
 */
export function readFolder(folder: string): DemoState | null {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return null
  try {
    const { demo: _, identities, ...kept } = Kept.parse(JSON.parse(readFileSync(fileOf(folder), 'utf8')))
    return { ...kept, identities: identities.map(readIdentity).map(afresh) }
  } catch (error) {
    throw new DemoError(`The folder ${folder} holds something that is not a demo: choose another with --data.`, { cause: error })
  }
}

/** Whatever the last run said after it was last written down: its queues are new ones, and its hellos count on from far above. */
const afresh = (identity: LabIdentity): LabIdentity => ({
  ...identity,
  counter: identity.counter + 10_000,
  epoch: crypto.randomUUID(),
  nextSeq: 1,
})

/** An empty folder, or one that a demo left; the caller asked `readFolder` before. */
export function clear(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
}

export function writeFolder(folder: string, { identities, ...state }: DemoState): void {
  writeFileSync(`${fileOf(folder)}.new`, JSON.stringify({ demo: 2, ...state, identities: identities.map(keepIdentity) }), { mode: 0o600 })
  renameSync(`${fileOf(folder)}.new`, fileOf(folder))
}
