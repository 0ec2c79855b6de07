import { randomUUID } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Item } from '@vigie/domain/agents'
import { silentLog } from './log.ts'
import { Queue, type QueueOptions } from './queue.ts'

let folder: string
const opened: Queue[] = []
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'vigie-queue-'))))
afterEach(async () => {
  for (const queue of opened.splice(0)) await queue.close().catch(() => {})
  await rm(folder, { recursive: true })
})
const start = async (options: Partial<QueueOptions> = {}): Promise<Queue> => {
  const queue = await Queue.open(folder, { limitBytes: 10_000_000, now: () => new Date(), log: silentLog, ballastBytes: 1_000, ...options })
  opened.push(queue)
  return queue
}
const item = (object: string): Item => ({
  kind: 'detection',
  endpoint: 'e',
  at: '2026-11-21T00:00:00.000Z',
  category: 'antivirus',
  threat: 'T',
  object,
  outcome: 'failed',
  engine: 'clamav',
  contentId: 'a'.repeat(32),
})
const objects = (items: unknown[]) =>
  items.map((one) => (one as { object?: string; kind: string }).object ?? (one as { kind: string }).kind)
const all = async (queue: Queue) => {
  const found: unknown[] = []
  for (let seq = queue.firstPending; seq <= queue.lastSeq;) {
    const some = await queue.read(seq, 100, 1e9)
    found.push(...some)
    seq += some.length
  }
  return objects(found)
}

describe('the queue (AGT-6, R22)', () => {
  it('numbers from 1, keeps the order of appends, and keeps all over a restart', async () => {
    const queue = await start()
    await Promise.all([queue.append([item('a'), item('b')]), queue.append([item('c')])])
    expect(queue.lastSeq).toBe(3)
    await queue.close()
    const again = await start()
    expect(again.epoch).toBe(queue.epoch)
    expect(await all(again)).toEqual(['a', 'b', 'c'])
    await again.append([item('d')])
    expect(await all(again)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('goes on numbering after everything was acknowledged and the process restarted', async () => {
    const queue = await start()
    await queue.append([item('a')])
    queue.acknowledge(1)
    await queue.close()
    const again = await start()
    await again.append([item('b')])
    expect([again.firstPending, again.lastSeq, await all(again)]).toEqual([2, 2, ['b']])
  })

  it('keeps an item and the state that belongs to it together', async () => {
    const queue = await start()
    await queue.append([item('a')], { 'follow:x': { offset: 7 } })
    await queue.append([], { gone: 1 })
    await queue.append([], { gone: null })
    await queue.close()
    const again = await start()
    expect([again.get('follow:x'), again.get('gone'), again.entries('follow:').length]).toEqual([{ offset: 7 }, undefined, 1])
  })

  it.each(Array.from({ length: 60 }, (_, cut) => cut + 1))('a last write cut by %i bytes is as if it had not begun', async (cut) => {
    const queue = await start()
    await queue.append([item('whole')], { k: 1 })
    await queue.append([item('cut'), item('cut too')], { k: 2 })
    await queue.close()
    const [segment] = (await readdir(folder)).filter((name) => name.endsWith('.seg'))
    const path = join(folder, segment!)
    await truncate(path, (await stat(path)).size - cut)
    const again = await start()
    expect([again.lastSeq, again.get('k'), await all(again)]).toEqual([1, 1, ['whole']])
    await again.append([item('next')])
    await again.close()
    expect(await all(await start())).toEqual(['whole', 'next'])
  })

  it('rubbish after the last record is cut off', async () => {
    const queue = await start()
    await queue.append([item('a')])
    await queue.close()
    const [segment] = (await readdir(folder)).filter((name) => name.endsWith('.seg'))
    await appendFile(join(folder, segment!), '00000000 {"first":99,"items":[{}]}\n\0\0\0')
    expect(await all(await start())).toEqual(['a'])
  })

  it('a record damaged in the middle: the rest is kept, a gap says what is lost', async () => {
    const queue = await start()
    for (const name of ['a', 'b', 'c']) await queue.append([item(name)])
    await queue.close()
    const [segment] = (await readdir(folder)).filter((name) => name.endsWith('.seg'))
    const path = join(folder, segment!)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"object":"b"', '"object":"B"'))
    const again = await start()
    expect(again.epoch).not.toBe(queue.epoch)
    expect(await all(again)).toEqual(['a', 'c', 'gap'])
    expect(await again.read(3, 1, 1e9)).toMatchObject([{ kind: 'gap', lost: 1, reason: 'queue-damaged' }])
  })

  it('a wholly unreadable queue begins anew and says so', async () => {
    await writeFile(join(folder, '0000000001.seg'), 'not a queue\n')
    expect(await all(await start())).toEqual(['gap'])
  })

  it('goes over many segments, and acknowledged ones are deleted', async () => {
    const queue = await start({ segmentBytes: 4_000 })
    for (let i = 0; i < 100; i++) await queue.append([item(`f${i}`)], { last: i })
    expect((await readdir(folder)).filter((name) => name.endsWith('.seg')).length).toBeGreaterThan(5)
    await queue.close()
    const again = await start({ segmentBytes: 4_000 })
    expect(await all(again)).toEqual(Array.from({ length: 100 }, (_, i) => `f${i}`))
    again.acknowledge(90)
    await again.append([item('more')])
    await again.close()
    expect((await readdir(folder)).filter((name) => name.endsWith('.seg')).length).toBeLessThan(5)
    const third = await start({ segmentBytes: 4_000 })
    expect([third.firstPending, third.get('last')]).toEqual([91, 99])
    expect(await all(third)).toEqual([...Array.from({ length: 10 }, (_, i) => `f${90 + i}`), 'more'])
  })

  it('acknowledged while older items wait on disk and newer ones come: each number keeps its item', async () => {
    const queue = await start()
    await queue.append(['a', 'b', 'c', 'd'].map(item))
    await queue.close()
    const again = await start()
    await again.append([item('e'), item('f')])
    for (const [acked, rest] of [
      [1, 'bcdef'],
      [3, 'def'],
      [4, 'ef'],
      [5, 'f'],
      [6, ''],
    ] as const) {
      again.acknowledge(acked)
      expect((await all(again)).join('')).toBe(rest)
    }
    await again.append([item('g')])
    expect(await all(again)).toEqual(['g'])
  })

  it('a thousand random appends, acknowledgements, reads and restarts: never another item under a number', async () => {
    let queue = await start({ segmentBytes: 3_000 })
    let told = 0
    let acked = 0
    for (let i = 0; i < 1_000; i++) {
      const dice = Math.random()
      if (dice < 0.5) {
        const count = 1 + Math.floor(Math.random() * 4)
        await queue.append(Array.from({ length: count }, () => item(`n${++told}`)))
      } else if (dice < 0.8) {
        acked += Math.floor(Math.random() * (queue.lastSeq - acked + 1))
        queue.acknowledge(acked)
      } else if (dice < 0.83) {
        await queue.close()
        queue = await start({ segmentBytes: 3_000 })
      }
      const seq = queue.firstPending + Math.floor(Math.random() * (queue.pendingCount + 1))
      expect(objects(await queue.read(seq, 5, 1e9))).toEqual(
        Array.from({ length: Math.max(0, Math.min(5, (await queue.read(seq, 5, 1e9)).length)) }, (_, n) => `n${seq + n}`),
      )
    }
    expect([queue.lastSeq, await all(queue)]).toEqual([told, Array.from({ length: told - acked }, (_, n) => `n${acked + n + 1}`)])
  })

  it('a new epoch takes what is pending with it, numbered from 1', async () => {
    const queue = await start()
    await queue.append([item('sent'), item('b'), item('c')], { k: 1 })
    queue.acknowledge(1)
    const before = queue.epoch
    await queue.startEpoch()
    expect([queue.epoch === before, queue.firstPending, queue.lastSeq, queue.get('k')]).toEqual([false, 1, 2, 1])
    await queue.append([item('d')])
    await queue.close()
    expect(await all(await start())).toEqual(['b', 'c', 'd'])
  })

  it('past its limit it counts what it gives up, lets outcomes through, and tells the gap once there is room', async () => {
    const queue = await start({ limitBytes: 20_000, segmentBytes: 4_000 })
    let dropped = 0
    for (let i = 0; i < 200; i++) dropped += (await queue.append([item(`f${i}`)])).dropped
    expect(dropped).toBeGreaterThan(50)
    const outcome = await queue.append([
      { kind: 'outcome', commandId: randomUUID(), at: '2026-11-21T00:00:00.000Z', step: 'failed', evidence: {} },
    ])
    expect(outcome.dropped).toBe(0)
    await queue.close() // the count survives
    const again = await start({ limitBytes: 20_000, segmentBytes: 4_000 })
    const kept = again.lastSeq
    again.acknowledge(kept)
    await again.append([item('after')])
    await again.append([item('after 2')])
    const rest = await again.read(again.firstPending, 10, 1e9)
    expect(rest).toContainEqual(expect.objectContaining({ kind: 'gap', lost: dropped, reason: 'queue-full' }))
    expect(objects(rest).filter((name) => name !== 'gap')).toEqual(['after', 'after 2'])
  })

  it('a full disk: keeps running, says so, keeps what it was given until there is room (issue 2, bad days)', async () => {
    const queue = await start({ retryMs: 20, ballastBytes: 0 })
    await queue.append([item('a')])
    const file = (await import('node:fs/promises')).open
    const probe = await file(join(folder, 'probe'), 'w')
    const prototype = Object.getPrototypeOf(probe) as { write: (...args: unknown[]) => Promise<unknown> }
    await probe.close()
    const write = prototype.write
    prototype.write = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
    try {
      const appended = queue.append([item('b')])
      while (queue.problem === null) await new Promise((resolve) => setTimeout(resolve, 5))
      expect(queue.problem).toBe('agent-disk-full')
      expect(await all(queue)).toEqual(['a'])
      prototype.write = write
      await appended
    } finally {
      prototype.write = write
    }
    expect([queue.problem, await all(queue)]).toEqual([null, ['a', 'b']])
  })

  it('reads no more than fits in a frame', async () => {
    const queue = await start()
    await queue.append(Array.from({ length: 50 }, (_, i) => item(`${i}`.repeat(1_000))))
    expect((await queue.read(1, 1_000, 20_000)).length).toBeLessThan(10)
    expect((await queue.read(1, 1_000, 1)).length).toBe(1)
  })

  it('three days offline with 10,000 detections take less than 20 MB', async () => {
    const queue = await start({ limitBytes: 67_108_864 })
    for (let i = 0; i < 100; i++)
      await queue.append(Array.from({ length: 100 }, (_, j) => item(`/srv/share/customer/some folder/file-${i}-${j}.doc`)))
    expect(queue.sizeBytes).toBeLessThan(20_000_000)
    expect(await queue.read(5_000, 3, 1e9)).toHaveLength(3)
  })

  it('its files are for their owner only (R13)', async () => {
    await (await start()).append([item('a')])
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0)
  })
})
