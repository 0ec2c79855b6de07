import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson, commandPrefix, type CommandOrder, type OutcomeItem } from '@vigie/domain/agents'
import { Commands } from './commands.ts'
import { Counters } from './counters.ts'
import { CommandFailure, type EngineCommand, type Evidence } from './engine.ts'
import { makeKeyPair, signText, type Identity } from './identity.ts'
import { silentLog } from './log.ts'
import { Queue } from './queue.ts'
import { ServerClock } from './time.ts'

const server = makeKeyPair()
const agentId = randomUUID()
const identity = { agentId, commandKey: server.publicKey } as Identity
let folder: string
let queue: Queue
let counters: Counters
let clock: ServerClock
let runs: number
let command: EngineCommand

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigie-commands-'))
  clock = new ServerClock()
  runs = 0
  command = {
    unavailable: () => null,
    start: async () => {
      runs++
      return { figure: 1 } as Evidence
    },
    isDone: (_, started) => started,
    confirmMs: 100,
  }
  await open()
})
afterEach(async () => {
  await queue.close()
  await counters.close()
  await rm(folder, { recursive: true })
})
async function open(): Promise<void> {
  queue = await Queue.open(join(folder, 'queue'), { limitBytes: 10_000_000, now: () => new Date(), log: silentLog, ballastBytes: 0 })
  counters = await Counters.open(join(folder, 'counters'))
}
const commands = () =>
  new Commands({
    queue,
    counters: () => counters,
    clock,
    log: silentLog,
    identity: () => identity,
    confirmEveryMs: 10,
    find: (type) => (type === 'scan-now' ? { command } : { reason: 'not-supported' }),
    engineState: () =>
      Promise.resolve({
        engine: 'x',
        engineVersion: '1',
        patternVersion: '1',
        patternBuiltAt: null,
        updateCheckedAt: null,
        realTimeScan: 'on',
        scan: { isRunning: false, startedAt: null, finishedAt: null },
        problem: null,
      }),
  })
const order = (change: Partial<Record<keyof CommandOrder, unknown>> = {}) => ({
  commandId: randomUUID(),
  agentId,
  number: 1,
  type: 'scan-now',
  notBefore: new Date(Date.now() - 1_000).toISOString(),
  expiresAt: new Date(Date.now() + 60_000).toISOString(),
  ...change,
})
const frame = (value: object, key = server.privateKey) => ({
  kind: 'command',
  order: value,
  signature: signText(key, commandPrefix + canonicalJson(value)),
})
const outcomes = async () =>
  (await queue.read(1, 1_000, 1e9))
    .filter((item): item is OutcomeItem => (item as OutcomeItem).kind === 'outcome')
    .map(({ step, evidence }) => [step, evidence.reason ?? null])

describe('orders are taken once, and only good ones (R14, R15)', () => {
  it('running, then succeeded with the engine’s evidence', async () => {
    const taker = commands()
    expect(await taker.take(frame(order()))).toBe('taken')
    await taker.idle()
    expect([runs, await outcomes()]).toEqual([
      1,
      [
        ['running', null],
        ['succeeded', null],
      ],
    ])
  })

  it('delivered a hundred times, also over a restart: runs once', async () => {
    const one = frame(order())
    const taker = commands()
    const answers = await Promise.all(Array.from({ length: 50 }, () => taker.take(one)))
    await taker.idle()
    await queue.close()
    await counters.close()
    await open()
    const again = commands()
    for (let i = 0; i < 50; i++) expect(await again.take(one)).toBe('number-old')
    expect([runs, answers.filter((answer) => answer === 'taken').length]).toEqual([1, 1])
  })

  it('not above the last number: refused, though the signature is right', async () => {
    const taker = commands()
    expect(await taker.take(frame(order({ number: 5 })))).toBe('taken')
    expect(await taker.take(frame(order({ number: 5 })))).toBe('number-old')
    expect(await taker.take(frame(order({ number: 4 })))).toBe('number-old')
    expect(await taker.take(frame(order({ number: 6 })))).toBe('taken')
    await taker.idle()
  })

  it('the number outlives a lost queue', async () => {
    const taker = commands()
    const one = frame(order({ number: 9 }))
    await taker.take(one)
    await taker.idle()
    await queue.close()
    await counters.close()
    await rm(join(folder, 'queue'), { recursive: true })
    await open()
    expect(await commands().take(one)).toBe('number-old')
  })

  it('every bit of the signature flipped', async () => {
    const taker = commands()
    const good = frame(order())
    const bytes = Buffer.from(good.signature, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(await taker.take({ ...good, signature: flipped.toString('base64url') })).toBe('signature-wrong')
    }
    expect(runs).toBe(0)
  })

  it.each([
    ['another command id', { commandId: randomUUID() }, 'signature-wrong'],
    ['another agent', { agentId: randomUUID() }, 'other-agent'],
    ['another number', { number: 2 }, 'signature-wrong'],
    ['another type', { type: 'stop-scan' }, 'signature-wrong'],
    ['a later expiry', { expiresAt: new Date(Date.now() + 120_000).toISOString() }, 'signature-wrong'],
    ['another beginning', { notBefore: new Date(Date.now() - 2_000).toISOString() }, 'signature-wrong'],
    ['one more field', { path: '/etc' }, 'signature-wrong'],
  ])('%s after signing', async (_, change, refusal) => {
    const good = frame(order())
    expect(await commands().take({ ...good, order: { ...good.order, ...change } })).toBe(refusal)
    expect(runs).toBe(0)
  })

  it('signed by anybody else’s key', async () => {
    expect(await commands().take(frame(order(), makeKeyPair().privateKey))).toBe('signature-wrong')
  })

  it.each([
    null,
    1,
    'x',
    [],
    {},
    { kind: 'command' },
    { kind: 'command', order: null, signature: 'a' },
    { kind: 'command', order: {}, signature: 'a' },
  ])('not an order: %j', async (value) => {
    expect(await commands().take(value)).toBe('not-an-order')
  })

  it.each([0, -1, 1.5, Number.MAX_VALUE, '2', null])('number %s', async (number) => {
    expect(await commands().take(frame(order({ number })))).toBe('not-an-order')
  })

  it('expired by a second: said so, not done, and its number is used', async () => {
    const taker = commands()
    const late = frame(
      order({ notBefore: new Date(Date.now() - 10_000).toISOString(), expiresAt: new Date(Date.now() - 1_000).toISOString() }),
    )
    expect(await taker.take(late)).toBe('taken')
    expect([runs, await outcomes(), await taker.take(late)]).toEqual([0, [['expired', 'expired']], 'number-old'])
  })

  it('before its time: up to a minute is the clocks’, more is refused', async () => {
    const taker = commands()
    const from = (ms: number) => ({
      notBefore: new Date(Date.now() + ms).toISOString(),
      expiresAt: new Date(Date.now() + ms + 60_000).toISOString(),
    })
    expect(await taker.take(frame(order(from(70_000))))).toBe('not-yet-valid')
    expect(await taker.take(frame(order(from(50_000))))).toBe('taken')
    await taker.idle()
  })

  it('a life of more than a day is refused', async () => {
    expect(await commands().take(frame(order({ expiresAt: new Date(Date.now() + 86_400_000).toISOString() })))).toBe('life-too-long')
  })

  it('goes by the server’s clock, not by this machine’s (R23)', async () => {
    clock.heard(new Date(Date.now() + 86_400_000).toISOString()) // our clock is a day late
    const tomorrow = {
      notBefore: new Date(Date.now() + 86_400_000).toISOString(),
      expiresAt: new Date(Date.now() + 86_460_000).toISOString(),
    }
    const taker = commands()
    expect(await taker.take(frame(order(tomorrow)))).toBe('taken')
    await taker.idle()
    expect(runs).toBe(1)
  })

  it('a type this agent does not know: failed by name', async () => {
    await commands().take(frame(order({ type: 'dance' })))
    expect(await outcomes()).toEqual([['failed', 'not-supported']])
  })

  it('what the engine can’t do now: failed with its reason, not begun', async () => {
    command.unavailable = () => 'scan-running'
    await commands().take(frame(order()))
    expect([runs, await outcomes()]).toEqual([0, [['failed', 'scan-running']]])
  })

  it('the engine does not show it: not confirmed, and not “succeeded”', async () => {
    command.isDone = () => null
    const taker = commands()
    await taker.take(frame(order()))
    await taker.idle()
    expect(await outcomes()).toEqual([
      ['running', null],
      ['failed', 'not-confirmed'],
    ])
  })

  it('a failure keeps its reason and figures; anything thrown is an engine error', async () => {
    command.start = () => Promise.reject(new CommandFailure('clamd-stopped', { filesScanned: 7 }))
    const taker = commands()
    await taker.take(frame(order()))
    command.start = () => Promise.reject(new Error('boom'))
    await taker.take(frame(order({ number: 2 })))
    await taker.idle()
    expect(
      (await outcomes())
        .filter(([step]) => step === 'failed')
        .map(([, reason]) => reason)
        .sort(),
    ).toEqual(['clamd-stopped', 'engine-error'])
  })

  it('cut short by the end of the process: told as that at the next start, once, and not run again', async () => {
    command.start = () => new Promise(() => {})
    const one = frame(order())
    await commands().take(one)
    await queue.close() // as a kill leaves it: running is on disk, an outcome is not
    await counters.close()
    await open()
    const again = commands()
    await again.recover()
    await again.recover()
    expect([await outcomes(), await again.take(one)]).toEqual([
      [
        ['running', null],
        ['failed', 'agent-restarted'],
      ],
      'number-old',
    ])
  })
})
