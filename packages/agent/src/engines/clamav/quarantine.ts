import { constants } from 'node:fs'
import { chmod, chown, link, lstat, open, readlink, rename, rm, unlink, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as z from 'zod'
import { errorCode } from '../../core/files.ts'
import type { Verdict } from './clamd.ts'

/** One file taken away. `path`: its bytes as Latin-1 text, so that JSON keeps any name. `moving`: meant to be taken; a restart finds out what became of it. */
export const Quarantined = z.object({
  id: z.string(),
  path: z.string(),
  threat: z.string(),
  at: z.string(),
  step: z.enum(['moving', 'done']),
  sha256: z.string().nullable(),
  sizeBytes: z.number(),
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
})
export type Quarantined = z.infer<typeof Quarantined>

export type Taken =
  | { isTaken: true; sha256: string | null; sizeBytes: number; mode: number; uid: number; gid: number }
  | { isTaken: false; why: 'gone' | 'changed' | 'not-a-file' | 'failed' }

/** Where infected files go: out of reach (0400, root, in a folder of our own), renamed, remembered with the place they came from. */
export class Quarantine {
  readonly folder: string
  /** Asks the engine about an open file. */
  readonly #judge: (file: Awaited<ReturnType<typeof open>>) => Promise<{ verdict: Verdict; sha256: string }>

  constructor(folder: string, judge: Quarantine['judge']) {
    this.folder = folder
    this.#judge = judge
  }

  get judge(): (file: Awaited<ReturnType<typeof open>>) => Promise<{ verdict: Verdict; sha256: string }> {
    return this.#judge
  }

  place(id: string): string {
    return join(this.folder, `${id}.quarantined`)
  }

  has(id: string): Promise<boolean> {
    return lstat(this.place(id)).then(
      () => true,
      () => false,
    )
  }

  /**
   * Moves the file at `path` here. The names on the way are hostile: whoever owns a folder in it may swap it for a link between the verdict and the move, to make us
   * take another file. So the folder is opened, seen to be the one meant, and held while we move; and what came along is shown to the engine again:
   * if it is clean, it goes back.
   */
  async take(path: Buffer, id: string): Promise<Taken> {
    const cut = path.lastIndexOf(0x2f)
    const [folderPath, name] = [cut === 0 ? Buffer.from('/') : path.subarray(0, cut), path.subarray(cut + 1)]
    const folder = await open(folderPath, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(() => null)
    if (folder === null) return { isTaken: false, why: 'gone' }
    try {
      const held = `/proc/self/fd/${folder.fd}`
      if (!(await readlink(held, 'buffer')).equals(folderPath)) return { isTaken: false, why: 'changed' }
      return await this.#takeHeld(Buffer.concat([Buffer.from(`${held}/`), name]), id)
    } catch (error) {
      return { isTaken: false, why: errorCode(error) === 'ENOENT' ? 'gone' : 'failed' }
    } finally {
      await folder.close()
    }
  }

  /** Takes over a file that clamonacc moved into `incoming` below our folder. */
  async adopt(file: Buffer, id: string): Promise<Taken> {
    const path = Buffer.from(join(this.folder, 'incoming'))
    if (
      !file.subarray(0, path.length + 1).equals(Buffer.concat([path, Buffer.from('/')])) ||
      basename(file.toString('latin1')).startsWith('..')
    )
      return { isTaken: false, why: 'failed' }
    return this.take(file, id)
  }

  async #takeHeld(source: Buffer, id: string): Promise<Taken> {
    const before = await lstat(source)
    if (!before.isFile()) return { isTaken: false, why: 'not-a-file' }
    const target = this.place(id)
    const isCopy = await move(source, target, before.ino)
    // Here nobody else reaches it: what is looked at now stays. A link that took the file's place meanwhile must never be followed.
    const here = await lstat(target)
    if (!here.isFile()) {
      await rename(target, source)
      return { isTaken: false, why: 'changed' }
    }
    const { uid, gid, mode, size: sizeBytes } = isCopy ? before : here
    await own(target, { uid: 0, gid: 0, mode: 0o400 })
    const judged = await this.#look(target)
    if (judged?.verdict.is === 'clean') {
      await giveBack(target, source, { uid, gid, mode: mode & 0o7777 })
      return { isTaken: false, why: 'changed' }
    }
    return { isTaken: true, sha256: judged?.sha256 ?? null, sizeBytes, mode: mode & 0o7777, uid, gid }
  }

  /** Null: the engine could not be asked; then the verdict that brought the file here stands. */
  async #look(path: string): Promise<{ verdict: Verdict; sha256: string } | null> {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null)
    if (file === null) return null
    try {
      return await this.#judge(file)
    } catch {
      return null
    } finally {
      await file.close()
    }
  }
}

interface Rights {
  uid: number
  gid: number
  mode: number
}

/**
 * A file may have a second name outside: at no moment is it root's with a mode that its owner chose (set-user-id). So the owner changes while nothing is allowed, and
 * the mode comes last.
 */
async function own(path: string, { uid, gid, mode }: Rights): Promise<void> {
  await chmod(path, 0o400)
  if (process.getuid?.() === 0) await chown(path, uid, gid)
  await chmod(path, mode)
}

/** Puts it back as it was, over nothing that is there by now; across file systems as a copy. */
async function giveBack(target: string, source: Buffer, rights: Rights): Promise<void> {
  await own(target, rights)
  try {
    await link(target, source)
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error
    const from = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const to = await open(source, 'wx', 0o600)
      try {
        await copy(from, to)
        if (process.getuid?.() === 0) await to.chown(rights.uid, rights.gid)
        await to.chmod(rights.mode)
      } finally {
        await to.close()
      }
    } finally {
      await from.close()
    }
  }
  await unlink(target)
}

async function copy(from: FileHandle, to: FileHandle): Promise<void> {
  const chunk = Buffer.alloc(262_144)
  for (let offset = 0; ;) {
    const { bytesRead } = await from.read(chunk, 0, chunk.length, offset)
    if (bytesRead === 0) break
    await to.write(chunk, 0, bytesRead, offset)
    offset += bytesRead
  }
  await to.sync()
}

/** Renames; across file systems copies, makes sure it is still the same file, and removes it: then the answer is true. */
async function move(source: Buffer, target: string, inode: number): Promise<boolean> {
  try {
    await rename(source, target)
    return false
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error
    const from = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      if ((await from.stat()).ino !== inode) throw Object.assign(new Error('file changed'), { code: 'ENOENT' })
      const to = await open(target, 'w', 0o400)
      try {
        await copy(from, to)
      } finally {
        await to.close()
      }
      if ((await lstat(source)).ino !== inode) {
        await rm(target, { force: true })
        throw Object.assign(new Error('file changed'), { code: 'ENOENT' })
      }
      await unlink(source)
      return true
    } finally {
      await from.close()
    }
  }
}
