import { open, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { errorCode } from './files.ts'

const slotBytes = 128

/** `hello`: last counter said to the server (R10). `command`: number of the last command taken, beside the queue's, in case that is lost (R14). */
export interface CounterValues {
  hello: number
  command: number
}

/**
 * Two small numbers that must never go back. The file has two slots of fixed length, written in turn and in place: a torn write leaves the other slot,
 * and a full disk does not stop it (no new block is needed), so the agent can still reconnect and tell.
 */
export class Counters {
  readonly #file: FileHandle
  #values: CounterValues
  #writes: number
  #last: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle, values: CounterValues, writes: number) {
    this.#file = file
    this.#values = values
    this.#writes = writes
  }

  static async open(path: string): Promise<Counters> {
    const file = await openOrMake(path)
    const bytes = Buffer.alloc(slotBytes * 2)
    await file.read(bytes, 0, bytes.length, 0)
    const slots = [readSlot(bytes.subarray(0, slotBytes)), readSlot(bytes.subarray(slotBytes))].filter((slot) => slot !== null)
    const newest = slots.sort((a, b) => b.writes - a.writes)[0] ?? { writes: 0, values: { hello: 0, command: 0 } }
    return new Counters(file, newest.values, newest.writes)
  }

  get values(): Readonly<CounterValues> {
    return this.#values
  }

  /** On disk when it resolves. Values only ever grow. */
  async raise(change: Partial<CounterValues>): Promise<CounterValues> {
    const { hello, command } = this.#values
    this.#values = { hello: Math.max(hello, change.hello ?? 0), command: Math.max(command, change.command ?? 0) }
    const values = this.#values
    this.#last = this.#last.catch(() => {}).then(() => this.#write(values))
    await this.#last
    return values
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {})
    await this.#file.close()
  }

  async #write(values: CounterValues): Promise<void> {
    const writes = this.#writes + 1
    const text = JSON.stringify({ writes, values }).padEnd(slotBytes - 9)
    await this.#file.write(Buffer.from(`${text}${checksum(text)}\n`), 0, slotBytes, (writes % 2) * slotBytes)
    await this.#file.datasync()
    this.#writes = writes
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+', 0o600)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    const file = await open(path, 'wx+', 0o600)
    await file.write(Buffer.alloc(slotBytes * 2, ' '), 0, slotBytes * 2, 0) // takes its block while there is room
    await file.sync()
    return file
  }
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')

function readSlot(bytes: Buffer): { writes: number; values: CounterValues } | null {
  const text = bytes.subarray(0, slotBytes - 9).toString('latin1')
  if (checksum(text) !== bytes.subarray(slotBytes - 9, slotBytes - 1).toString('latin1')) return null
  return JSON.parse(text)
}
