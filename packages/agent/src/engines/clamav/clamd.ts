import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { errorCode } from '../../core/files.ts'
import type { Address } from './conf.ts'

/** What clamd says of one file. `threat` as clamd names it (`.UNOFFICIAL` and all). */
export type Verdict = { is: 'clean' } | { is: 'infected'; threat: string } | { is: 'error'; message: string }

export class ClamdError extends Error {
  override readonly name = 'ClamdError'
  /** `stopped`: nobody listens. `silent`: somebody does and says nothing, or not what clamd says. */
  readonly reason: 'stopped' | 'silent'
  constructor(reason: 'stopped' | 'silent', cause?: unknown) {
    super(`clamd ${reason}`, { cause })
    this.reason = reason
  }
}

const answerBytes = 1_048_576

/**
 * clamd's own protocol over its socket (clamd(8), 1.4). Commands are sent in the `z` form: the answer then ends with NUL, the one byte that no file name holds,
 * so no name can look like an answer.
 */
export class Clamd {
  readonly #address: Address

  constructor(address: Address) {
    this.#address = address
  }

  /** One question, one answer. @throws ClamdError */
  async ask(command: string, timeoutMs = 10_000): Promise<string> {
    const answer = await this.#exchange(timeoutMs, (socket) => void socket.write(`z${command}\0`))
    return answer.toString('utf8')
  }

  async isAnswering(): Promise<boolean> {
    return this.ask('PING').then(
      (answer) => answer === 'PONG',
      () => false,
    )
  }

  /** How many jobs wait or run; null: not told. */
  async queueLength(): Promise<number | null> {
    const found = /QUEUE: (\d+) items/.exec(await this.ask('STATS'))
    return found ? Number(found[1]) : null
  }

  /**
   * Sends the content of an open file: for what clamd's own user may not read. Hashes it on the way.
   * @returns the verdict and SHA-256 of all that was read.
   */
  async scanContent(file: FileHandle): Promise<{ verdict: Verdict; sha256: string }> {
    const hash = createHash('sha256')
    const answer = await this.#exchange(180_000, async (socket) => {
      socket.write('zINSTREAM\0')
      const chunk = Buffer.alloc(131_072)
      const length = Buffer.alloc(4)
      for (let offset = 0; ;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, offset)
        if (bytesRead === 0) break
        offset += bytesRead
        const part = Buffer.from(chunk.subarray(0, bytesRead))
        hash.update(part)
        if (!socket.writable) continue // too long for clamd: it has answered; the hash still wants the rest
        length.writeUInt32BE(bytesRead)
        socket.write(Buffer.from(length))
        if (!socket.write(part)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
      }
      if (socket.writable) socket.write(Buffer.alloc(4))
    })
    return { verdict: parseVerdict(answer, Buffer.from('stream')), sha256: hash.digest('hex') }
  }

  /** A connection on which many files are asked about at once. */
  async session(): Promise<ClamdSession> {
    const socket = await this.#connect(10_000)
    return new ClamdSession(socket)
  }

  #connect(timeoutMs: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#address)
      const timer = setTimeout(() => socket.destroy(new ClamdError('silent')), timeoutMs)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.removeAllListeners('error')
        resolve(socket)
      })
      socket.once('error', (error) => {
        clearTimeout(timer)
        reject(asClamdError(error))
      })
    })
  }

  async #exchange(timeoutMs: number, send: (socket: Socket) => void | Promise<void>): Promise<Buffer> {
    const socket = await this.#connect(Math.min(timeoutMs, 10_000))
    const timer = setTimeout(() => socket.destroy(new ClamdError('silent')), timeoutMs)
    try {
      const answered = new Promise<Buffer>((resolve, reject) => {
        let bytes = Buffer.alloc(0)
        socket.on('data', (data) => {
          bytes = Buffer.concat([bytes, data])
          const end = bytes.indexOf(0)
          if (end >= 0) resolve(bytes.subarray(0, end))
          else if (bytes.length > answerBytes) reject(new ClamdError('silent'))
        })
        socket.on('error', (error) => reject(asClamdError(error)))
        socket.on('close', () => reject(new ClamdError('silent')))
      })
      answered.catch(() => {})
      await send(socket)
      return await answered
    } finally {
      clearTimeout(timer)
      socket.destroy()
    }
  }
}

/** IDSESSION: answers carry the number of their question and come in any order. Ends with its first fault; what was asked then fails with it. */
export class ClamdSession {
  readonly #socket: Socket
  #asked = 0
  #rest = Buffer.alloc(0)
  readonly #waiting = new Map<
    number,
    { path: Buffer; resolve: (verdict: Verdict) => void; reject: (error: unknown) => void; timer: NodeJS.Timeout }
  >()
  #fault: ClamdError | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#onData(data))
    socket.on('error', (error) => this.#fail(asClamdError(error)))
    socket.on('close', () => this.#fail(new ClamdError('silent')))
    socket.write('zIDSESSION\0')
  }

  /** @throws ClamdError */
  scan(path: Buffer, timeoutMs = 180_000): Promise<Verdict> {
    if (this.#fault) return Promise.reject(this.#fault)
    return new Promise((resolve, reject) => {
      const number = ++this.#asked
      const timer = setTimeout(() => this.#fail(new ClamdError('silent')), timeoutMs)
      this.#waiting.set(number, { path, resolve, reject, timer })
      this.#socket.write(Buffer.concat([Buffer.from('zSCAN '), path, Buffer.from([0])]))
    })
  }

  close(): void {
    this.#fail(new ClamdError('silent'))
    this.#socket.destroy()
  }

  #onData(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    for (let end = this.#rest.indexOf(0); end >= 0; end = this.#rest.indexOf(0)) {
      const answer = this.#rest.subarray(0, end)
      this.#rest = this.#rest.subarray(end + 1)
      const colon = answer.indexOf(': ')
      const number = Number(answer.subarray(0, colon).toString('latin1'))
      const waiting = this.#waiting.get(number)
      if (!waiting) continue
      this.#waiting.delete(number)
      clearTimeout(waiting.timer)
      waiting.resolve(parseVerdict(answer.subarray(colon + 2), waiting.path))
    }
    if (this.#rest.length > answerBytes) this.#fail(new ClamdError('silent'))
  }

  #fail(fault: ClamdError): void {
    this.#fault ??= fault
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(this.#fault)
    }
    this.#waiting.clear()
    this.#socket.destroy()
  }
}

/** `<path>: NAME FOUND`, `<path>: OK`, `<path>: message ERROR`. The path is the one asked for: what stands in it (`: `, ` FOUND`) confuses nothing. */
export function parseVerdict(answer: Buffer, path: Buffer): Verdict {
  const prefix = Buffer.concat([path, Buffer.from(': ')])
  const hasPath = answer.subarray(0, prefix.length).equals(prefix)
  const text = answer.subarray(hasPath ? prefix.length : answer.lastIndexOf(': ') + 2).toString('utf8')
  if (text === 'OK') return { is: 'clean' }
  if (text.endsWith(' FOUND')) return { is: 'infected', threat: text.slice(0, -6) }
  return { is: 'error', message: text.replace(/\.? ?ERROR$/, '') }
}

function asClamdError(error: unknown): ClamdError {
  if (error instanceof ClamdError) return error
  return new ClamdError(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTSOCK'].includes(errorCode(error)) ? 'stopped' : 'silent', error)
}

const once = (socket: Socket, event: string): Promise<void> => new Promise((resolve) => socket.once(event, () => resolve()))
