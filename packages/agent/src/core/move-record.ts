import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { privateFolder, readJson, readText, writeAtomically } from './files.ts'
import { IdentityStore, type Identity } from './identity.ts'
import type { Queue } from './queue.ts'

/**
 * `move.json`: how far this agent is on its way to another installation or product (AGT-11). Each step is one replacement of this file.
 * - `prepared`: registered at the new side, beside what is (`move/`); nothing has changed.
 * - `switching`: told to go; the old side must know before we do (its word is in the queue).
 * - `switched`: it knows; from here on the new registration is ours. What is copied over is copied again if it was not whole.
 * - `trying`: it is in use and was not welcome yet. The old one lies in `move/former/`.
 * - `returning`: it never was: the old one is copied back, and all is `prepared` again.
 */
const Record = z.object({
  format: z.literal(1),
  moveId: z.uuid(),
  step: z.enum(['prepared', 'switching', 'switched', 'trying', 'returning']),
  /** The order that said so, to be answered; null: none is open. */
  commandId: z.uuid().nullable(),
})
export type MoveRecord = z.infer<typeof Record>

const path = (stateFolder: string): string => join(stateFolder, 'move.json')
export const besideFolder = (stateFolder: string): string => join(stateFolder, 'move')
const formerFolder = (stateFolder: string): string => join(stateFolder, 'move', 'former')

/** @throws when it is there and is not what it should be: better to stop than to guess who we are */
export const loadMove = (stateFolder: string): Promise<MoveRecord | null> => readJson(path(stateFolder), Record)
export const saveMove = (stateFolder: string, record: MoveRecord): Promise<void> =>
  writeAtomically(path(stateFolder), JSON.stringify(record))

/** A registration with whom it trusts. */
export interface Side {
  identity: Identity
  ca: string
}

async function load(folder: string): Promise<Side | null> {
  const store = new IdentityStore(folder)
  const [identity, ca] = [await store.load(), await readText(store.caPath())]
  return identity && ca !== null ? { identity, ca } : null
}
async function keep(folder: string, { identity, ca }: Side): Promise<void> {
  const store = new IdentityStore(await privateFolder(folder))
  await writeAtomically(store.caPath(), ca)
  await store.save(identity)
}

/** The registration made beside ours. Null: there is none, or not all of it. */
export const loadBeside = (stateFolder: string): Promise<Side | null> => load(besideFolder(stateFolder))
export const keepBeside = (stateFolder: string, side: Side): Promise<void> => keep(besideFolder(stateFolder), side)

/** Before anybody is told: ours, so that there is a way back. */
export async function keepFormer(stateFolder: string): Promise<void> {
  const own = await load(stateFolder)
  if (own) await keep(formerFolder(stateFolder), own)
}

/**
 * Ends what a death in the middle left half done; called with the agent's lock held and its queue open, before the identity is used. Another registration counts from 1: what is pending goes with us.
 * @returns the step that we are in now; null: none
 */
export async function resumeMove(stateFolder: string, queue: Queue): Promise<MoveRecord | null> {
  const record = await loadMove(stateFolder)
  if (record?.step !== 'switched' && record?.step !== 'returning') return record
  const side = await load(record.step === 'switched' ? besideFolder(stateFolder) : formerFolder(stateFolder))
  if (side === null) throw new Error('the registration to go to is not there')
  await keep(stateFolder, side)
  await queue.startEpoch()
  const next: MoveRecord = record.step === 'switched' ? { ...record, step: 'trying' } : { ...record, step: 'prepared', commandId: null }
  await saveMove(stateFolder, next)
  return next
}

/** The new side welcomed us, or we never went: what lies beside is of no use any more. */
export async function endMove(stateFolder: string): Promise<void> {
  const [former, beside, own] = [await load(formerFolder(stateFolder)), await loadBeside(stateFolder), await load(stateFolder)]
  await rm(path(stateFolder), { force: true })
  await rm(besideFolder(stateFolder), { recursive: true, force: true })
  for (const other of [former, beside]) {
    if (other && other.identity.agentId !== own?.identity.agentId)
      await rm(join(stateFolder, `counters.${other.identity.agentId}`), { force: true })
  }
}
