import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { StartError } from './start-error.ts'

/** Makes the folder (0700: it holds keys) and tries to write in it. @throws StartError `data-folder-unwritable` */
export function prepareDataFolder(folder: string): void {
  try {
    makeFolders(folder)
    if (statSync(folder).uid === process.getuid?.()) chmodSync(folder, 0o700)
    const probe = path.join(folder, `.probe-${process.pid}`)
    writeFileSync(probe, '', { flag: 'wx' })
    rmSync(probe)
  } catch (error) {
    const why = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error)
    throw new StartError(
      'data-folder-unwritable',
      `The data folder ${folder} cannot be written: ${why}. Choose another with --data or VIGIE_DATA.`,
      { cause: error },
    )
  }
}

/** Not `mkdir` with `recursive`: where the file system answers ENOENT to whoever may not create (/proc does), Node 24.21 turns round for ever. */
function makeFolders(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  if (path.dirname(folder) !== folder) makeFolders(path.dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

const reasons: Record<string, string> = {
  EACCES: 'its permissions forbid it',
  EPERM: 'its permissions forbid it',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOENT: 'no folder can be made there',
  ENOTDIR: 'there is a file where it, or a folder above it, should be',
  EEXIST: 'there is a file where it, or a folder above it, should be',
}

/**
 * Holds the folder for this process. The lock is a name in the kernel (an abstract Unix socket) that dies with the process that holds it, so that a killed Vigie
 * leaves nothing to clear up. The name is drawn by lot and kept in the folder, where only its owner reads it: nobody else can take it.
 * @returns release. @throws StartError `data-folder-in-use`
 */
export async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'lock')
  try {
    writeFileSync(file, randomBytes(16).toString('hex'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const server = net.createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      const sentence = `Another Vigie runs on the data folder ${folder}: stop it first, or choose another folder with --data or VIGIE_DATA.`
      reject(isTaken ? new StartError('data-folder-in-use', sentence) : error)
    })
    server.listen(`\0vigie-${readFileSync(file, 'utf8')}`, resolve)
  })
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}
