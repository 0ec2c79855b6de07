import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Host } from '../../core/engine.ts'
import { silentLog } from '../../core/log.ts'
import { newStateFolder, remove } from '../../testing/in-process.ts'
import { OnAccess } from './on-access.ts'

describe('what clamonacc is told (AGT-3)', () => {
  let folder: string
  beforeEach(async () => void (folder = await newStateFolder()))
  afterEach(() => remove(folder))

  /** @returns the settings of the clamonacc that would be started */
  async function toldBeside(clamd: [string, string[]][]): Promise<string[]> {
    let told!: (text: string) => void
    const text = new Promise<string>((resolve) => (told = resolve))
    const host: Partial<Host> = {
      log: silentLog,
      changed: () => {},
      folder: async () => folder,
      start: async () => {
        told(await readFile(join(folder, 'clamonacc.conf'), 'utf8'))
        throw new Error('not here')
      },
    }
    const onAccess = new OnAccess({
      host: host as Host,
      own: { paths: [folder], action: 'block' },
      exclude: [],
      clamdConf: { path: '/etc/clamav/clamd.conf', conf: new Map(clamd) },
      address: { path: '/run/clamd.ctl' },
      quarantineFolder: folder,
    })
    await onAccess.start()
    const lines = (await text).split('\n')
    await onAccess.stop()
    return lines
  }

  it('/tmp is watched like any folder, though clamd works there: clamd’s own doings are left out by its name', async () => {
    const lines = await toldBeside([['User', ['clamav']]])
    expect(lines).toEqual(
      expect.arrayContaining(['OnAccessExcludeUname clamav', `TemporaryDirectory ${folder}`, `OnAccessIncludePath ${folder}`]),
    )
  })

  it('where clamd is root its doings can not be told apart: its temporary folder stays left out', async () => {
    const lines = await toldBeside([['User', ['root']]])
    expect(lines.filter((line) => line.startsWith('TemporaryDirectory'))).toEqual([])
  })
})
