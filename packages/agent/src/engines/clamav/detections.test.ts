import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Item } from '@vigie/domain/agents'
import type { Host } from '../../core/engine.ts'
import type { Follower, FollowedLine, FollowOptions } from '../../core/follow.ts'
import { Detections } from './detections.ts'
import { Memory } from './memory.ts'
import { Quarantine } from './quarantine.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'vigie-detections-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Both logs in the hand of the test; what is told and remembered is kept here. */
async function following() {
  const state = new Map<string, unknown>()
  const told: Item[] = []
  const logs = new Map<string, FollowOptions['onLines']>()
  const host = {
    endpoint: 'e'.repeat(64), now: () => new Date(),
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
  const quarantine = new Quarantine(join(folder, 'quarantine'), async () => ({ verdict: { is: 'clean' }, sha256: '' }))
  const detections = new Detections({ host, memory: new Memory(host), quarantine, clamdLog: 'clamd', onAccess: () => ({ logPath: 'clamonacc', isPreventing: true }) })
  detections.start()
  await detections.followOnAccess()
  const say = async (log: 'clamd' | 'clamonacc', ...lines: string[]) => {
    const seenAt = new Date()
    await logs.get(log)!(lines.map((line): FollowedLine => ({ bytes: Buffer.from(line), seenAt })), { inode: '1', offset: 0, head: '' })
  }
  const outcomes = () => told.map((item) => (item.kind === 'detection' ? item.outcome : item.kind === 'cleared' ? `cleared: ${item.how}` : item.kind))
  return { say, outcomes, stop: () => detections.stop() }
}
const ctime = (at: Date) => {
  const [day, month, date, year, time] = at.toString().split(' ')
  return `${day} ${month} ${date!.replace(/^0/, ' ')} ${time} ${year}`
}

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
