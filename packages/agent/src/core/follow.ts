import { createHash } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as z from 'zod'
import { errorCode } from './files.ts'
import type { Log } from './log.ts'
import { pause } from './time.ts'

/** Where we stand in a log. `head`: hash of its first bytes, so that a file cut and grown again past `offset` is seen to be another one. */
export const Cursor = z.object({ inode: z.string(), offset: z.number().int().min(0), head: z.string() })
export type Cursor = z.infer<typeof Cursor>

export interface FollowedLine {
  /** Without its line end; as it lies in the file: log lines hold file names, and those are bytes. */
  bytes: Buffer
  seenAt: Date
}
export interface FollowOptions {
  path: string
  /** Null: never read before. */
  cursor: Cursor | null
  /** Where to begin without a cursor. */
  from: 'start' | 'end'
  /** Awaited: nothing more is read before it is done. What it remembers of `cursor` is where we go on after a restart. */
  onLines: (lines: readonly FollowedLine[], cursor: Cursor) => Promise<void>
  /** What lay between `cursor` and now can't be found any more: it was rotated away and packed or deleted while we did not run. */
  onGap?: () => Promise<void>
  log: Log
  pollMs?: number
}

const chunkBytes = 262_144
const lineBytes = 65_536
const headBytes = 64

/** Reads a growing log through rotation (rename or copy), truncation and half-written lines. */
export class Follower {
  readonly #options: FollowOptions
  readonly #stop = new AbortController()
  #file: FileHandle | null = null
  #cursor: Cursor | null
  #watcher: FSWatcher | null = null
  #poke: () => void = () => {}
  #isPoked = false
  #running: Promise<void> | null = null
  /** False: the log is not there, or may not be read. */
  isReadable = false

  constructor(options: FollowOptions) {
    this.#options = options
    this.#cursor = options.cursor
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#poke()
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, path, pollMs = 5_000 } = this.#options
    while (!this.#stop.signal.aborted) {
      this.#isPoked = false
      try {
        this.#watch()
        while (await this.#readOn());
      } catch (error) {
        this.isReadable = false
        if (errorCode(error) !== 'ENOENT') log.warn('log can not be read', { path, code: errorCode(error) || String(error) })
        await this.#file?.close().catch(() => {})
        this.#file = null
      }
      if (!this.#isPoked) await this.#wait(this.#watcher ? pollMs : Math.min(pollMs, 1_000))
    }
    this.#watcher?.close()
    await this.#file?.close()
  }

  /** The folder, not the file: a rotated log is a new file. */
  #watch(): void {
    if (this.#watcher) return
    const name = basename(this.#options.path)
    const forget = () => {
      this.#watcher?.close()
      this.#watcher = null
    }
    try {
      this.#watcher = watch(dirname(this.#options.path), { persistent: false }, (_, changed) => {
        if (changed !== name && changed !== null) return
        this.#isPoked = true
        this.#poke()
      })
      this.#watcher.on('error', forget)
    } catch {
      forget() // no such folder yet, or no watches left: the poll does it
    }
  }

  async #wait(ms: number): Promise<void> {
    const wake = new AbortController()
    this.#poke = () => wake.abort()
    await pause(this.#stop.signal.aborted ? 0 : ms, wake.signal)
    this.#poke = () => {}
  }

  /** True: there may be more. */
  async #readOn(): Promise<boolean> {
    if (this.#stop.signal.aborted) return false
    this.#file ??= await this.#openWhereWeWere()
    if (this.#file === null) return false
    this.isReadable = true
    const cursor = this.#cursor!
    const bytes = await bytesFrom(this.#file, cursor.offset)
    const end = bytes.lastIndexOf(0x0a) + 1
    if (end > 0) {
      await this.#hand(bytes.subarray(0, end), cursor.offset + end)
      return true
    }
    if (bytes.length >= lineBytes) {
      await this.#hand(bytes, cursor.offset + bytes.length) // no such line is a detection: it only stands in the way
      return true
    }
    return this.#isElsewhere(cursor, bytes)
  }

  /** At the end of what we hold open: was it cut, or is there a new file of its name? */
  async #isElsewhere(cursor: Cursor, rest: Buffer): Promise<boolean> {
    const held = await this.#file!.stat()
    const isCut = held.size < cursor.offset || (await headOf(this.#file!, cursor)) !== cursor.head
    if (isCut) {
      await this.#file!.close()
      this.#file = null
      const copy = await this.#find(cursor) // copied, then cut: what we had not read yet is in the copy
      this.#file = copy?.file ?? (await open(this.#options.path, 'r'))
      const inode = copy?.inode ?? String((await this.#file.stat()).ino)
      this.#cursor = copy ? { ...cursor, inode } : { inode, offset: 0, head: emptyHead }
      return true
    }
    const named = await stat(this.#options.path).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null
      throw error
    })
    if (named === null || String(named.ino) === cursor.inode) return false
    // A program goes on in the renamed file until it is told (logrotate's `create`, then `postrotate`): its first line in the next one is what says it is done here.
    const next = await nextAfter(this.#options.path, this.#file!)
    if (next === null) return false
    try {
      if ((await bytesFrom(this.#file!, cursor.offset)).length > rest.length) return true // came after our last look here: first that
      if (rest.length > 0) await this.#hand(rest, cursor.offset + rest.length) // its last line will never be ended
      const inode = String((await next.stat()).ino)
      await this.#file!.close()
      this.#file = next
      this.#cursor = { inode, offset: 0, head: emptyHead }
      return true
    } finally {
      if (this.#file !== next) await next.close()
    }
  }

  async #hand(bytes: Buffer, offset: number): Promise<void> {
    const seenAt = new Date()
    const lines: FollowedLine[] = []
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(0x0a, start)
      const end = found < 0 ? bytes.length : found
      if (end > start && end - start <= lineBytes) lines.push({ bytes: Buffer.from(bytes.subarray(start, end)), seenAt })
      start = end + 1
    }
    const cursor = { inode: this.#cursor!.inode, offset, head: await headAt(this.#file!, offset) }
    await this.#options.onLines(lines, cursor)
    this.#cursor = cursor
  }

  async #openWhereWeWere(): Promise<FileHandle | null> {
    const { path, from, onGap } = this.#options
    const cursor = this.#cursor
    if (cursor !== null) {
      const found = await this.#find(cursor)
      if (found !== null) {
        this.#cursor = { ...cursor, inode: found.inode }
        return found.file
      }
      if (cursor.offset > 0) await onGap?.() // at offset 0 nothing was unread there
    }
    const file = await open(path, 'r')
    const found = await file.stat()
    const offset = cursor === null && from === 'end' ? found.size : 0
    this.#cursor = { inode: String(found.ino), offset, head: await headAt(file, offset) }
    return file
  }

  /** The file in which the cursor stands: by inode, or (a copy) by its first bytes. Checked to be at least as long. */
  async #find(cursor: Cursor): Promise<{ file: FileHandle; inode: string } | null> {
    let copy: { file: FileHandle; inode: string } | null = null
    for (const candidate of await sameName(this.#options.path)) {
      const file = await open(candidate, 'r').catch(() => null)
      if (file === null) continue
      const found = await file.stat()
      const inode = String(found.ino)
      const fits = found.isFile() && found.size >= cursor.offset && (await headOf(file, cursor)) === cursor.head
      if (fits && inode === cursor.inode) {
        await copy?.file.close()
        return { file, inode }
      }
      if (fits && copy === null && cursor.offset >= headBytes) copy = { file, inode }
      else await file.close()
    }
    return copy
  }
}

/** The log itself and those beside it that carry its name (`clamd.log.1`, `clamd.log-20261121`), newest first; packed ones can't be read on. */
async function sameName(path: string): Promise<string[]> {
  const [folder, name] = [dirname(path), basename(path)]
  const names = (await readdir(folder).catch(() => [])).filter((other) => other.startsWith(`${name}.`) || other.startsWith(`${name}-`))
  return [
    path,
    ...names
      .filter((other) => !/\.(gz|xz|bz2|zst)$/.test(other))
      .sort()
      .slice(0, 20)
      .map((other) => join(folder, other)),
  ]
}

/**
 * The log that was written after `held`: the oldest rotated one that is newer (there may be several after a long stop), else the log itself. No copy of `held`.
 * Null: nothing is written there yet. Opened before anything else is looked at: by its name alone it may be another one a moment later.
 */
async function nextAfter(path: string, held: FileHandle): Promise<FileHandle | null> {
  const { mtimeMs, ino } = await held.stat()
  const head = await headAt(held, headBytes)
  let next = await open(path, 'r')
  try {
    let [nextMs, isWritten] = [Infinity, (await next.stat()).size > 0]
    for (const candidate of (await sameName(path)).slice(1)) {
      const file = await open(candidate, 'r').catch(() => null)
      if (file === null) continue
      const found = await file.stat()
      const isNewer = found.isFile() && found.size > 0 && found.ino !== ino && found.mtimeMs > mtimeMs && found.mtimeMs < nextMs
      let unwanted = file
      if (isNewer && (await headAt(file, headBytes)) !== head) [unwanted, next, nextMs, isWritten] = [next, file, found.mtimeMs, true]
      await unwanted.close()
    }
    if (isWritten) return next
  } catch (error) {
    await next.close()
    throw error
  }
  await next.close()
  return null
}

async function bytesFrom(file: FileHandle, offset: number): Promise<Buffer> {
  const chunk = Buffer.alloc(chunkBytes)
  const { bytesRead } = await file.read(chunk, 0, chunk.length, offset)
  return chunk.subarray(0, bytesRead)
}

const emptyHead = createHash('sha256').digest('hex').slice(0, 16)

/** Hash of the first bytes, of no more than we had read: what is appended later does not change it. */
async function headAt(file: FileHandle, offset: number): Promise<string> {
  const bytes = Buffer.alloc(Math.min(headBytes, offset))
  if (bytes.length === 0) return emptyHead
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
  return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('hex').slice(0, 16)
}

const headOf = (file: FileHandle, cursor: Cursor): Promise<string> => headAt(file, cursor.offset)
