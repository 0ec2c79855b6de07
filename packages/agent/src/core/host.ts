import { join } from 'node:path'
import type { Host } from './engine.ts'
import { privateFolder } from './files.ts'
import { Follower } from './follow.ts'
import type { Log } from './log.ts'
import { findProgram, runProgram, startProgram } from './programs.ts'
import type { Queue } from './queue.ts'

/** What an engine sees of this machine. Its folders lie under its own name. @param options.endpoint fingerprint of the machine */
export function hostOf(options: {
  engineId: string
  endpoint: string
  stateFolder: string
  queue: Queue
  log: Log
  changed: () => void
}): Host {
  const { engineId, endpoint, stateFolder, queue, log, changed } = options
  return {
    endpoint,
    log,
    now: () => new Date(),
    tell: async (items, state) => {
      const { dropped } = await queue.append(items, state)
      if (dropped > 0) log.warn('queue is full: given up', { dropped })
    },
    recall: (key) => queue.get(key),
    recallAll: (prefix) => queue.entries(prefix),
    follow: (options) => new Follower({ ...options, log }),
    run: runProgram,
    start: startProgram,
    hasProgram: async (program) => (await findProgram(program)) !== null,
    folder: (name) => privateFolder(join(stateFolder, engineId, name)),
    changed,
  }
}
