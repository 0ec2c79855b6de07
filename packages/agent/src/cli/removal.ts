import { constants } from 'node:fs'
import { access, readdir, rm, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isSea } from 'node:sea'
import { leavingFile } from '../core/leaving.ts'
import { isPackaged, isServiceOf, isServiceRemovable, removeService } from './service.ts'

/** All but what was quarantined: that is the customer's. @param keeps names that stay */
export async function removeState(stateFolder: string, keeps: readonly string[] = []): Promise<void> {
  for (const name of await readdir(stateFolder).catch(() => [])) {
    if (keeps.includes(name)) continue
    if (name === 'clamav') {
      for (const part of ['update', 'on-access']) await rm(join(stateFolder, name, part), { recursive: true, force: true })
    } else await rm(join(stateFolder, name), { recursive: true, force: true })
  }
}

/** Null: it is not ours to remove (a package's, or run from its source). */
async function ownProgram(): Promise<string | null> {
  return isSea() && basename(process.execPath) === 'vigie-agent' && !(await isPackaged()) ? process.execPath : null
}

/** The installed program, by itself: what runs goes on until it ends. */
export async function removeProgram(): Promise<void> {
  const program = await ownProgram()
  if (program) await unlink(program)
}

/** Nothing that is to be taken away lies where this process may not write. */
export async function isRemovable(stateFolder: string): Promise<boolean> {
  const mayWrite = (folder: string) =>
    access(folder, constants.W_OK).then(
      () => true,
      () => false,
    )
  const program = await ownProgram()
  return (
    (await mayWrite(stateFolder)) &&
    (program === null || (await mayWrite(dirname(program)))) &&
    (!(await isServiceOf(stateFolder)) || (await isServiceRemovable()))
  )
}

/**
 * Takes away, from within, the agent that this process is; its program goes last, by whoever launched it. May die anywhere: as long as the service is there it is started again and finds
 * `leaving.json`, which stays until nothing would start any more.
 */
export async function takeSelfAway(stateFolder: string): Promise<void> {
  await removeState(stateFolder, [leavingFile])
  if (await isServiceOf(stateFolder)) await removeService(true)
  await rm(join(stateFolder, leavingFile), { force: true })
}
