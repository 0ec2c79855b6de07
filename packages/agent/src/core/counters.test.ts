import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Counters } from './counters.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'vigie-counters-'))))
afterEach(() => rm(folder, { recursive: true }))

describe('the counters (R10, R14)', () => {
  it('begin at 0, grow, never go back, and survive a restart', async () => {
    const counters = await Counters.open(join(folder, 'counters'))
    expect(counters.values).toEqual({ hello: 0, command: 0 })
    await counters.raise({ hello: 3 })
    await counters.raise({ hello: 2, command: 7 })
    await counters.close()
    const again = await Counters.open(join(folder, 'counters'))
    expect(again.values).toEqual({ hello: 3, command: 7 })
    await again.close()
  })

  it('a torn write leaves the value before it', async () => {
    const path = join(folder, 'counters')
    const counters = await Counters.open(path)
    await counters.raise({ hello: 1 })
    await counters.raise({ hello: 2 })
    await counters.close()
    const file = await open(path, 'r+')
    await file.write('#####', 3) // the second write went to the first slot
    await file.close()
    const again = await Counters.open(path)
    expect(again.values.hello).toBe(1)
    await again.raise({ hello: 5 })
    await again.close()
    const third = await Counters.open(path)
    expect(third.values.hello).toBe(5)
    await third.close()
  })

  it('needs no more room than it took at first: a full disk does not stop a hello', async () => {
    const path = join(folder, 'counters')
    const counters = await Counters.open(path)
    const before = (await stat(path)).size
    for (let i = 1; i < 50; i++) await counters.raise({ hello: i })
    expect((await stat(path)).size).toBe(before)
    expect((await stat(path)).mode & 0o077).toBe(0)
    await counters.close()
  })
})
