import { open, rename, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { privateFolder } from './files.ts'

/** The newest first, as `collect` takes them. */
export const logFiles = ['agent.log', 'agent.1.log', 'agent.2.log'] as const
export const logFolder = (stateFolder: string): string => join(stateFolder, 'log')

/**
 * The agent's own log beside the journal's: there without systemd too, bounded (three files), for `vigie-agent collect`. A line that can't be kept (disk full) is
 * given up: the log never stops the agent.
 */
export class LogFile {
  readonly #folder: string
  readonly #limitBytes: number
  #file: FileHandle | null = null
  #sizeBytes = 0
  #lines: string[] = []
  #writing: Promise<void> | null = null

  /** @param limitBytes of one file */
  constructor(stateFolder: string, limitBytes = 2_097_152) {
    this.#folder = logFolder(stateFolder)
    this.#limitBytes = limitBytes
  }

  /** Kept soon, in order; at most 10,000 lines wait. */
  write(line: string): void {
    if (this.#lines.length < 10_000) this.#lines.push(line)
    this.#writing ??= this.#flush()
      .catch(() => {})
      .finally(() => (this.#writing = null))
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file?.close().catch(() => {})
    this.#file = null
  }

  async #flush(): Promise<void> {
    await Promise.resolve() // lines of one moment go together
    while (this.#lines.length > 0) {
      const text = this.#lines.splice(0, 1_000).join('')
      this.#file ??= await this.#open()
      if (this.#sizeBytes > 0 && this.#sizeBytes + text.length > this.#limitBytes) await this.#rotate()
      await this.#file.write(text)
      this.#sizeBytes += Buffer.byteLength(text)
    }
  }

  async #open(): Promise<FileHandle> {
    await privateFolder(this.#folder)
    const file = await open(join(this.#folder, logFiles[0]), 'a', 0o600)
    this.#sizeBytes = (await file.stat()).size
    return file
  }

  async #rotate(): Promise<void> {
    await this.#file?.close()
    this.#file = null
    for (let i = logFiles.length - 1; i > 0; i--)
      await rename(join(this.#folder, logFiles[i - 1]!), join(this.#folder, logFiles[i]!)).catch(() => {})
    this.#file = await this.#open()
  }
}
