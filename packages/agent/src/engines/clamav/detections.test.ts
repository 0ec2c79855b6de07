import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Item } from '@vigie/domain/agents'
import type { Host } from '../../core/engine.ts'
import type { Follower, FollowedLine, FollowOptions } from '../../core/follow.ts'
import { Clamd } from './clamd.ts'
import { Detections } from './detections.ts'
import { recheckInfections } from './infections.ts'
import { Memory } from './memory.ts'
import { Quarantine } from './quarantine.ts'
import { Said } from './said.ts'
import { Scan } from './scan.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'vigie-detections-'))))
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  return rm(folder, { recursive: true, force: true })
})

/**
 * Both logs in the hand of the test; what is told and remembered is kept here.
 * @param isNew reads the log for the first time
 */
async function following({
  judge = async () => ({ verdict: { is: 'clean' }, sha256: '' }),
  isNew = true,
}: { judge?: Quarantine['judge']; isNew?: boolean } = {}) {
  const state = new Map<string, unknown>(isNew ? [] : [['follow:clamd', { inode: '1', offset: 0, head: '' }]])
  const told: Item[] = []
  const logs = new Map<string, FollowOptions['onLines']>()
  const host = {
    endpoint: 'e'.repeat(64),
    now: () => new Date(),
    tell: async (items: readonly Item[], changes: Record<string, unknown> = {}) => {
      told.push(...items)
      for (const [key, value] of Object.entries(changes)) {
        if (value === null) state.delete(key)
        else state.set(key, value)
      }
    },
    recall: (key: string) => state.get(key),
    recallAll: (prefix: string) => [...state].filter(([key]) => key.startsWith(prefix)),
    follow: ({ path, onLines }: FollowOptions) => {
      logs.set(path, onLines)
      return { start() {}, stop: async () => {}, isReadable: true } as unknown as Follower
    },
  } as unknown as Host
  const quarantine = new Quarantine(join(folder, 'quarantine'), judge)
  const memory = new Memory(host)
  const detections = new Detections({
    host,
    memory,
    quarantine,
    clamdLog: 'clamd',
    onAccess: () => ({ logPath: 'clamonacc', isPreventing: true }),
  })
  detections.start()
  await detections.followOnAccess()
  const say = async (log: 'clamd' | 'clamonacc', ...lines: string[]) => {
    const seenAt = new Date()
    await logs.get(log)!(
      lines.map((line): FollowedLine => ({ bytes: Buffer.from(line), seenAt })),
      { inode: '1', offset: 0, head: '' },
    )
  }
  const outcomes = () =>
    told.map((item) => (item.kind === 'detection' ? item.outcome : item.kind === 'cleared' ? `cleared: ${item.how}` : item.kind))
  /** What Vigie knows a detection by. */
  const names = () => told.flatMap((item) => (item.kind === 'detection' ? `${item.at} ${item.contentId}` : []))
  const scan = (clamd: Clamd) =>
    new Scan({
      host,
      memory,
      quarantine,
      clamd: () => clamd,
      paths: [join(folder, 'files')],
      exclude: [],
      isQuarantining: true,
      deniedAs: async () => null,
      said: detections.said,
      nameInLog: async () => false,
    })
  const recheck = (clamd: Clamd) => recheckInfections({ host, memory, said: detections.said, clamd: () => clamd })
  return { say, outcomes, names, memory, scan, recheck, stop: () => detections.stop() }
}
const inSecond = (at: Date, seconds: number) => new Date((Math.floor(at.getTime() / 1_000) + seconds) * 1_000)

/** Answers as clamd does: whatever it is shown by path is Eicar; its log's line comes after the answer. */
async function clamdSaying(onFound: (path: string) => void): Promise<{ clamd: Clamd; close(): Promise<void> }> {
  const server = createServer((socket) => {
    let [text, number] = ['', 0]
    socket.setEncoding('latin1').on('data', (more: string) => {
      const asked = (text + more).split('\0')
      text = asked.pop()!
      for (const path of asked.flatMap((one) => (one.startsWith('zSCAN ') ? [one.slice(6)] : []))) {
        socket.write(`${++number}: ${path}: Eicar FOUND\0`, () => onFound(path))
      }
    })
    socket.on('error', () => {})
  })
  const path = join(folder, 'clamd.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return { clamd: new Clamd({ path }), close: () => new Promise((resolve) => server.close(() => resolve())) }
}
const ctime = (at: Date) => {
  const [day, month, date, year, time] = at.toString().split(' ')
  return `${day} ${month} ${date!.replace(/^0/, ' ')} ${time} ${year}`
}

describe('an agent that is installed anew reads clamd’s log once more and tells nothing twice (AGT-6)', () => {
  it('a find of a scan of its own, whose line falls into the next second', async () => {
    vi.setSystemTime('2026-11-21T10:00:05.950Z')
    await mkdir(join(folder, 'files'))
    await mkdir(join(folder, 'quarantine'))
    await writeFile(join(folder, 'files/malware'), 'x')
    const former = await following({ judge: async () => ({ verdict: { is: 'infected', threat: 'Eicar' }, sha256: '' }) })
    let line = ''
    const { clamd, close } = await clamdSaying((path) => {
      line = `${ctime(inSecond(new Date(), 1))} -> ${path}: Eicar(${'0'.repeat(32)}:1) FOUND`
      void former.say('clamd', line)
    })
    await former.scan(clamd).run(new AbortController().signal)
    await Promise.all([former.stop(), close()])
    expect(former.outcomes()).toEqual(['quarantined'])
    vi.setSystemTime('2026-11-21T10:01:00.000Z')
    const anew = await following()
    await anew.say('clamd', line, line.replace(/ -> \S+:/, ' -> instream(local):'))
    await anew.stop()
    expect(anew.names()).toEqual(former.names())
    expect(anew.names()).toHaveLength(1)
  })

  it('looks at contents are no finds beside one with a name; streams of other contents, or much later, are', async () => {
    const { say, outcomes, stop } = await following()
    const long = new Date(Date.now() - 3_600_000)
    const [one, two] = ['1', '2'].map((digit) => `Eicar(${digit.repeat(32)}:68) FOUND`)
    await say(
      'clamd',
      `${ctime(long)} -> instream(local): ${one}`,
      `${ctime(inSecond(long, 2))} -> /gone/a: ${one}`,
      `${ctime(inSecond(long, 3))} -> instream(local): ${one}`,
    )
    await say('clamd', `${ctime(inSecond(long, 5))} -> instream(local): ${one}`) // read in another piece
    expect(outcomes()).toEqual(['failed', 'cleared: gone'])
    await say('clamd', `${ctime(inSecond(long, 6))} -> instream(local): ${two}`, `${ctime(inSecond(long, 60))} -> instream(local): ${one}`)
    expect(outcomes().slice(2)).toEqual(['reported', 'reported'])
    await stop()
  })

  it('of a file denied again and again, the first find of a minute, as the former agent did', async () => {
    const path = join(folder, 'malware')
    await writeFile(path, 'x')
    const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000
    const lines = [0, 1, 2, 59, 60, 61].map((second) => `${ctime(new Date(minute + second * 1_000))} -> ${path}: Eicar FOUND`)
    const former = await following({ isNew: false })
    for (const line of lines) await former.say('clamd', line)
    await rm(path)
    const anew = await following()
    await anew.say('clamd', ...lines)
    expect([former.names().length, anew.names()]).toEqual([2, former.names()])
    await Promise.all([former.stop(), anew.stop()])
  })

  it('an infected file that is written to again and again: what the engine says of it once more is told, one record a minute', async () => {
    const path = join(folder, 'mailbox')
    const former = await following({ isNew: false })
    const lines: string[] = []
    const { clamd, close } = await clamdSaying(() => {
      lines.push(`${ctime(inSecond(new Date(), 1))} -> ${path}: Eicar FOUND`)
      void former.say('clamd', lines.at(-1)!)
    })
    await writeFile(path, 'x')
    vi.setSystemTime('2026-11-21T10:00:05.950Z')
    lines.push(`${ctime(new Date())} -> ${path}: Eicar FOUND`)
    await former.say('clamd', lines[0]!)
    for (const [n, at] of ['10:00:20.000', '10:02:59.990', '10:03:30.000'].entries()) {
      vi.setSystemTime(`2026-11-21T${at}Z`)
      await writeFile(path, 'x'.repeat(n + 2))
      await former.recheck(clamd)
    }
    await Promise.all([former.stop(), close()])
    expect(former.names().map((name) => name.slice(11, 19))).toEqual(['10:00:05', '10:03:00'])
    vi.setSystemTime('2026-11-21T11:00:00.000Z')
    const anew = await following()
    await anew.say('clamd', ...lines)
    await anew.stop()
    expect([lines.length, anew.names()]).toEqual([4, former.names()])
  })

  it('a file that was seen to be gone and is found in that second again is told at that second', async () => {
    const { memory, stop } = await following()
    const [path, at] = [Buffer.from('/a'), new Date('2026-11-21T10:00:05.600Z')]
    const cleared = memory.clearedItem(path, 'Eicar', 'gone', at, new Date('2026-11-21T10:00:01.000Z'))
    const found = memory.detection(path, 'Eicar', new Date('2026-11-21T10:00:05.000Z'), 'blocked')
    expect([found.at, found.at > cleared.at]).toEqual(['2026-11-21T10:00:05.000Z', true])
    await stop()
  })

  it('taken away and found again in one second: told as later, or it would pass for dealt with', async () => {
    const { memory, stop } = await following()
    const [path, at] = [Buffer.from('/a'), new Date('2026-11-21T10:00:05.000Z')]
    const first = memory.detection(path, 'Eicar', at, 'blocked')
    const cleared = memory.clearedItem(path, 'Eicar', 'quarantined', at, new Date(first.at))
    const again = memory.detection(path, 'Eicar', at, 'blocked')
    expect([first.at, cleared.at, again.at]).toEqual([5_000, 5_000, 5_001].map((ms) => `2026-11-21T10:00:0${(ms / 1_000).toFixed(3)}Z`))
    await stop()
  })
})

describe('a find’s second (AGT-6)', () => {
  const otherwise = new Date('2026-11-21T10:00:05.999Z')

  it('is clamd’s own, not that of an older line', async () => {
    const said = new Said(() => true)
    const line = (at: string) =>
      said.note({ at: new Date(at), path: Buffer.from('/a'), source: 'file', threat: 'Eicar', content: null }, new Date(at))
    line('2026-11-21T10:00:04.000Z')
    const at = said.at(Buffer.from('/a'), 'Eicar', Date.parse('2026-11-21T10:00:05.990Z'), otherwise)
    line('2026-11-21T10:00:06.000Z')
    expect((await at).toISOString()).toBe('2026-11-21T10:00:06.000Z')
  })

  it.each([
    ['is not read', false, 60_000],
    ['says nothing of it', true, 1],
  ])('is ours where the log %s', async (_, isRead, waitMs) => {
    const said = new Said(() => isRead, waitMs)
    expect((await said.at(Buffer.from('/a'), 'Eicar', otherwise.getTime(), otherwise)).toISOString()).toBe('2026-11-21T10:00:05.000Z')
  })
})

describe('what clamonacc’s log says of a finding (R12, AGT-3)', () => {
  it('“moved” is believed of a file that is gone', async () => {
    const { say, outcomes, stop } = await following()
    const path = join(folder, 'malware')
    await say('clamonacc', `${path}: Eicar FOUND`, `${path}: moved to '/var/quarantine/malware'`)
    await say('clamd', `${ctime(new Date())} -> ${path}: Eicar FOUND`)
    expect(outcomes()).toEqual(['quarantined'])
    await stop()
  })

  it.each([
    ['somewhere', () => '/q/x'],
    ['to us', () => join(folder, 'quarantine', 'incoming', 'x')],
  ])('“moved” %s is not believed of one that is still there: a file’s name with line ends in it writes such lines too', async (_, to) => {
    const { say, outcomes, stop } = await following()
    const path = join(folder, 'malware')
    await writeFile(path, 'x')
    await say('clamonacc', `${path}: Eicar FOUND`, `/tmp/a`, `${path}: moved to '${to()}'`, `b: Eicar FOUND`)
    await say('clamd', `${ctime(new Date())} -> ${path}: Eicar FOUND`)
    expect(outcomes()).toEqual(['blocked'])
    await stop()
  })
})
