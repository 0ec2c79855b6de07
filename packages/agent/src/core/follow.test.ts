import { appendFile, copyFile, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Follower, type Cursor } from './follow.ts'
import { silentLog } from './log.ts'

let folder: string
let path: string
let seen: string[]
let cursor: Cursor | null
let gaps: number
let followers: Follower[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigie-follow-'))
  path = join(folder, 'a.log')
  ;[seen, cursor, gaps, followers] = [[], null, 0, []]
})
afterEach(async () => {
  for (const follower of followers) await follower.stop()
  await rm(folder, { recursive: true })
})
const follow = (from: 'start' | 'end' = 'start'): Follower => {
  const follower = new Follower({
    path,
    cursor,
    from,
    log: silentLog,
    pollMs: 20,
    onLines: (lines, at) => {
      seen.push(...lines.map(({ bytes }) => bytes.toString('latin1')))
      cursor = at
      return Promise.resolve()
    },
    onGap: () => Promise.resolve(void gaps++),
  })
  followers.push(follower)
  follower.start()
  return follower
}
const until = (lines: string[]) => expect.poll(() => seen, { timeout: 5_000, interval: 10 }).toEqual(lines)
/** Long enough to be told from another log's beginning. */
const line = (name: string) => `${name} ${'.'.repeat(80)}`

describe('a growing log is read once, whatever is done to it (AGT-6, AGT-7)', () => {
  it('from the start, and what is added; a half line waits for its end', async () => {
    await writeFile(path, 'one\ntwo\nthr')
    follow()
    await until(['one', 'two'])
    await appendFile(path, 'ee\n')
    await until(['one', 'two', 'three'])
  })

  it('from the end, where that is asked', async () => {
    await writeFile(path, 'old\n')
    follow('end')
    await expect.poll(() => followers[0]!.isReadable).toBe(true)
    await appendFile(path, 'new\n')
    await until(['new'])
  })

  it('that is not there yet', async () => {
    follow()
    await writeFile(path, 'late\n')
    await until(['late'])
  })

  it('goes on after a restart where it was', async () => {
    await writeFile(path, 'one\ntwo\n')
    const first = follow()
    await until(['one', 'two'])
    await first.stop()
    await appendFile(path, 'three\n')
    follow()
    await until(['one', 'two', 'three'])
  })

  it('renamed while it is read: its last lines, then the new one', async () => {
    await writeFile(path, 'one\n')
    follow()
    await until(['one'])
    await rename(path, `${path}.1`)
    await appendFile(`${path}.1`, 'two\n')
    await writeFile(path, 'three\n')
    await until(['one', 'two', 'three'])
  })

  it('renamed again and again under a program that goes on in the old one until it is told: nothing lost, in order', async () => {
    await writeFile(path, '')
    follow()
    const written: string[] = []
    for (let round = 0; round < 60; round++) {
      await rename(path, `${path}.1`)
      await writeFile(path, '')
      await appendFile(`${path}.1`, `late ${round}\n`)
      await appendFile(path, `first ${round}\n`)
      written.push(`late ${round}`, `first ${round}`)
      await until(written)
    }
  })

  it('rotated three times while nobody read: all of it, in order', async () => {
    await writeFile(path, `${line('one')}\n`)
    const first = follow()
    await until([line('one')])
    await first.stop()
    await appendFile(path, `${line('two')}\n`)
    for (const name of ['three', 'four', 'five']) {
      for (const i of [2, 1]) await rename(`${path}.${i}`, `${path}.${i + 1}`).catch(() => {})
      await rename(path, `${path}.1`)
      await new Promise((resolve) => setTimeout(resolve, 15)) // file times are what tells their order
      await writeFile(path, `${line(name)}\n`)
    }
    follow()
    await until(['one', 'two', 'three', 'four', 'five'].map(line))
    expect(gaps).toBe(0)
  })

  it('copied and cut: the rest from the copy, nothing twice', async () => {
    await writeFile(path, `${line('one')}\n`)
    const first = follow()
    await until([line('one')])
    await first.stop()
    await appendFile(path, `${line('two')}\n`)
    await copyFile(path, `${path}.1`)
    await truncate(path)
    await appendFile(path, `${line('three')}\n`)
    follow()
    await until(['one', 'two', 'three'].map(line))
  })

  it('cut and grown past where we were: seen to be another one', async () => {
    await writeFile(path, `${line('one')}\n`)
    const first = follow()
    await until([line('one')])
    await first.stop()
    await writeFile(path, `${line('two')}\n${line('three')}\n`)
    follow()
    await until(['one', 'two', 'three'].map(line))
  })

  it('rotated away and gone: a gap is told, and it goes on', async () => {
    await writeFile(path, `${line('one')}\n`)
    const first = follow()
    await until([line('one')])
    await first.stop()
    await unlink(path)
    await writeFile(path, `${line('two')}\n`)
    follow()
    await until([line('one'), line('two')])
    expect(gaps).toBe(1)
  })

  it('a line without end does not stop it, nor does it fill the memory', async () => {
    await writeFile(path, `one\n${'x'.repeat(1_000_000)}\ntwo\n`)
    follow()
    await expect.poll(() => seen.at(-1)).toBe('two')
    expect(seen[0]).toBe('one')
    expect(Math.max(...seen.map(({ length }) => length))).toBeLessThanOrEqual(65_536)
  })

  it('what is not done with is not passed: a failing reader gets it again', async () => {
    await writeFile(path, 'one\n')
    let tries = 0
    const follower = new Follower({
      path,
      cursor: null,
      from: 'start',
      log: silentLog,
      pollMs: 10,
      onLines: (lines) => {
        if (++tries < 3) return Promise.reject(new Error('not now'))
        seen.push(...lines.map(({ bytes }) => bytes.toString()))
        return Promise.resolve()
      },
    })
    followers.push(follower)
    follower.start()
    await until(['one'])
  })
})
