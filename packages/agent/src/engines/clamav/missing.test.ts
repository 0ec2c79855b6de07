import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostOf } from '../../core/host.ts'
import { silentLog } from '../../core/log.ts'
import { Queue } from '../../core/queue.ts'
import { newStateFolder, remove } from '../../testing/in-process.ts'
import { clamav } from './index.ts'
import { Settings } from './local-settings.ts'

describe('an engine that is not there, or not whole (issue 3, bad days)', () => {
  let folder: string
  let queue: Queue
  beforeEach(async () => {
    folder = await newStateFolder()
    await mkdir(join(folder, 'db'))
    await writeFile(join(folder, 'clamd.conf'), `DatabaseDirectory ${join(folder, 'db')}\n`)
    queue = await Queue.open(join(folder, 'queue'), { limitBytes: 10_000_000, now: () => new Date(), log: silentLog })
  })
  afterEach(async () => {
    await queue.close()
    await remove(folder)
  })

  it.each([
    ['not installed', [], [], 'clamd-missing'],
    ['installed, without signatures', ['clamd'], [], 'signatures-missing'],
    ['installed, and stopped', ['clamd'], ['daily.cvd'], 'clamd-stopped'],
  ])('%s: said by name, and why no scan can begin', async (_, programs: readonly string[], signatures: readonly string[], problem) => {
    for (const name of signatures) await writeFile(join(folder, 'db', name), '')
    const host = {
      ...hostOf({ engineId: 'clamav', endpoint: 'e', stateFolder: folder, queue, log: silentLog, changed: () => {} }),
      hasProgram: async (program: string) => programs.includes(program),
    }
    const engine = clamav.open(
      host,
      Settings.parse({ clamdConf: join(folder, 'clamd.conf'), clamdSocket: join(folder, 'none.sock'), onAccess: null }),
    )
    await engine.start()
    try {
      expect(await engine.state()).toMatchObject({ engineVersion: null, realTimeScan: 'unsupported', problem })
      expect(engine.commands['scan-now']!.unavailable()).toBe(problem)
    } finally {
      await engine.stop()
    }
  })
})
