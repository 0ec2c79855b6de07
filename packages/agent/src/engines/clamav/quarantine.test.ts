import { chmod, chown, link, lstat, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Quarantine } from './quarantine.ts'

let folder: string
let mine: string
let theirs: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigie-quarantine-'))
  mine = join(folder, 'quarantine')
  theirs = join(folder, 'theirs')
  await mkdir(mine, { mode: 0o700 })
  await mkdir(theirs)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const judging = (is: 'clean' | 'infected') => async () =>
  ({ verdict: is === 'clean' ? { is } : { is, threat: 'Eicar' }, sha256: 'a'.repeat(64) }) as never
const isRoot = process.getuid?.() === 0

/** Somebody on the machine who does the same thing as fast as he can, until told to stop; answers what he saw. */
function meddler(code: string, data: unknown): { readonly count: number; stop(): Promise<number> } {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(
    `const { workerData: { shared, data } } = require('node:worker_threads'); const fs = require('node:fs'); while (Atomics.load(shared, 0) === 0) { try { ${code} } catch {} }`,
    { eval: true, workerData: { shared, data } },
  )
  return {
    get count() {
      return Atomics.load(shared, 1)
    },
    async stop() {
      Atomics.store(shared, 0, 1)
      await new Promise((resolve) => worker.once('exit', resolve))
      return Atomics.load(shared, 1)
    },
  }
}

describe('quarantine among hostile names (R13, AGT-3)', () => {
  it('takes the file, out of everybody’s reach', async () => {
    const path = join(theirs, 'eicar')
    await writeFile(path, 'x', { mode: 0o644 })
    expect(await new Quarantine(mine, judging('infected')).take(Buffer.from(path), 'a')).toMatchObject({
      isTaken: true,
      sizeBytes: 1,
      mode: 0o644,
    })
    expect((await stat(join(mine, 'a.quarantined'))).mode & 0o7777).toBe(0o400)
    expect(await readdir(theirs)).toEqual([])
  })

  it('gives back what is clean as it was', async () => {
    const path = join(theirs, 'tool')
    await writeFile(path, 'x')
    await chmod(path, 0o755)
    const before = await stat(path)
    expect(await new Quarantine(mine, judging('clean')).take(Buffer.from(path), 'a')).toEqual({ isTaken: false, why: 'changed' })
    const after = await stat(path)
    expect([after.ino, after.mode, after.uid, after.gid]).toEqual([before.ino, before.mode, before.uid, before.gid])
    expect(await readdir(mine)).toEqual([])
  })

  it('a link put in the file’s place at the last moment leads to nothing: what it points to keeps its mode', async () => {
    const [victim, path] = [join(folder, 'passwd'), join(theirs, 'eicar')]
    await writeFile(victim, 'x')
    await chmod(victim, 0o644)
    const swapping = meddler(
      `fs.writeFileSync(data.path + '.f', 'x'); fs.renameSync(data.path + '.f', data.path); fs.symlinkSync(data.victim, data.path + '.l'); fs.renameSync(data.path + '.l', data.path); Atomics.add(shared, 1, 1)`,
      { path, victim },
    )
    const quarantine = new Quarantine(mine, judging('infected'))
    for (let i = 0; swapping.count < 300; i++) await quarantine.take(Buffer.from(path), `f${i}`)
    await swapping.stop()
    expect((await stat(victim)).mode & 0o7777).toBe(0o644)
    for (const name of await readdir(mine)) expect((await lstat(join(mine, name))).isFile()).toBe(true)
  }, 60_000)

  it.runIf(isRoot)(
    'a file with a second name is at no moment root’s and set-user-id, though it comes back as its owner left it',
    async () => {
      const [path, second] = [join(theirs, 'tool'), join(theirs, 'second')]
      await writeFile(path, 'x')
      await link(path, second)
      await chown(path, 12_345, 12_345)
      await chmod(path, 0o4755)
      const watching = meddler(
        `const { uid, mode } = fs.statSync(data.second); if (uid === 0 && mode & 0o4000) Atomics.add(shared, 1, 1)`,
        { second },
      )
      const quarantine = new Quarantine(mine, judging('clean'))
      for (let i = 0; i < 300; i++) {
        expect(await quarantine.take(Buffer.from(path), `f${i}`)).toMatchObject({ isTaken: false })
        await chmod(path, 0o4755)
      }
      expect(await watching.stop()).toBe(0)
      await quarantine.take(Buffer.from(path), 'last')
      const { uid, gid, mode } = await stat(path)
      expect([uid, gid, mode & 0o7777]).toEqual([12_345, 12_345, 0o4755])
    },
    60_000,
  )
})
