import { Worker } from 'node:worker_threads'
import { mostLogoBytes } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { createGate } from '../access/index.ts'

export interface Logo {
  png: Buffer
  width: number
  height: number
}

interface Limits {
  /** The slowest honest file of 4 Mpx took 0.9 s here; more is an attack, or a machine on which nothing works any more. */
  timeoutMs?: number
  worker?: URL
}

/** One at a time a process: at most a quarter of a gigabyte and one core, however many are sent. */
const gate = createGate({ atOnce: 1, waiting: 8 })

/**
 * R37: a file from outside is decoded in a thread of its own, whose heap is capped and which is ended when its time is up; what it does to itself stays with it.
 * @throws logo.unreadable, logo.too-large, server.busy
 */
export async function readLogo(
  file: Uint8Array,
  { timeoutMs = 8_000, worker: entry = new URL('./logo-worker.ts', import.meta.url) }: Limits = {},
): Promise<Logo> {
  if (file.length > mostLogoBytes) throw new Problem('logo.too-large')
  return await gate(async () => {
    // a copy, handed over: the thread shares no memory with us
    const copy = Uint8Array.from(file)
    const worker = new Worker(entry, {
      workerData: copy,
      transferList: [copy.buffer],
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, codeRangeSizeMb: 16, stackSizeMb: 2 },
    })
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<Logo>((resolve, reject) => {
        const refuse = (reason: 'unreadable' | 'too-large', cause?: unknown) => reject(new Problem(`logo.${reason}`, {}, { cause }))
        timer = setTimeout(() => refuse('unreadable'), timeoutMs)
        worker.once('message', (answer: { png: Uint8Array; width: number; height: number } | { reason: 'unreadable' | 'too-large' }) => {
          if ('reason' in answer) refuse(answer.reason)
          else resolve({ ...answer, png: Buffer.from(answer.png) })
        })
        worker.once('error', (error) => refuse('unreadable', error)) // its heap was full
        worker.once('exit', () => refuse('unreadable'))
      })
    } finally {
      clearTimeout(timer)
      await worker.terminate()
    }
  })
}
