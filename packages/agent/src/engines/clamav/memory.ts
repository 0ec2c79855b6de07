import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import type { ClearedItem, DetectionItem, Item } from '@vigie/domain/agents'
import { categoryById } from '@vigie/domain/categories'
import type { State } from '../../core/queue-files.ts'
import type { Host } from '../../core/engine.ts'
import { displayPath, displayThreat } from './lines.ts'
import { wholeSecond } from './said.ts'

/** An infection this agent knows of: malware found, and still there. `path` as Latin-1 text of its bytes. */
export interface Infection {
  path: string
  threat: string
  at: string
  /** Tells whether the file changed since it was last judged. Null: it was not there to be looked at. */
  stamp: string | null
  /** Time of the detection that was last told of it. */
  toldMs: number
}

/** A finding that the agent's own asking brought about: clamd logs it too, and it must not be told twice. */
interface Own {
  path: string | null
  threat: string
  fromMs: number
  untilMs: number
}

type How = 'quarantined' | 'gone' | 'cleaned'

const ownPrefix = 'own:'
const infectionPrefix = 'infection:'
const most = 10_000
/** clamd writes whole seconds, and its line may come a little before or after its answer. */
const ownToleranceMs = 3_000

/** What the engine's part of the agent remembers, over restarts: infections, its own findings. Every change travels with the items it belongs to. */
export class Memory {
  readonly #host: Host
  /** Paths the agent itself is asking clamd about at this moment (Latin-1), and how often; '' stands for contents sent. */
  readonly #asking = new Map<string, number>()
  #settled: (() => void)[] = []
  /** When a path was last told as cleared: clamd's times are whole seconds, and what is found right after must not seem older. */
  readonly #clearedMs = new Map<string, number>()

  constructor(host: Host) {
    this.#host = host
  }

  infections(): [string, Infection][] {
    return this.#host.recallAll(infectionPrefix) as [string, Infection][]
  }

  infectionsAt(path: Buffer): [string, Infection][] {
    const text = path.toString('latin1')
    return this.infections().filter(([, infection]) => infection.path === text)
  }

  infection(path: Buffer, threat: string): Infection | null {
    return (this.#host.recall(infectionKey(path, threat)) as Infection | undefined) ?? null
  }

  /** An access denied a hundred times a second, a file written to again and again: one record a minute. */
  isToldInMinute({ toldMs }: Infection, at: Date): boolean {
    return minuteOf(toldMs) === minuteOf(at.getTime())
  }

  async infectionState(path: Buffer, threat: string, { at }: DetectionItem): Promise<State> {
    if (this.infections().length >= most) return {}
    const infection: Infection = { path: path.toString('latin1'), threat, at, stamp: await stampOf(path), toldMs: Date.parse(at) }
    return { [infectionKey(path, threat)]: infection }
  }

  /** Items and state for "it is gone": `how` is quarantined, gone or clean. */
  cleared(path: Buffer, how: How, at: Date): { items: ClearedItem[]; state: State } {
    const known = this.infectionsAt(path)
    return {
      items: known.map(([, { threat, at: foundAt }]) => this.clearedItem(path, threat, how, at, new Date(foundAt))),
      state: Object.fromEntries(known.map(([key]) => [key, null])),
    }
  }

  /**
   * Finds are known to the second. So what is gone by itself was gone as that second began: whatever is found in it came after. Never before it was found.
   * @param at when it was taken away (the find's own time), or seen to be gone
   */
  clearedItem(path: Buffer, threat: string, how: How, at: Date, foundAt: Date): ClearedItem {
    const { endpoint } = this.#host
    const clearedMs = Math.max(how === 'quarantined' ? at.getTime() : wholeSecond(at).getTime() - 1, foundAt.getTime())
    if (this.#clearedMs.size > 1_000) this.#clearedMs.clear()
    this.#clearedMs.set(path.toString('latin1'), clearedMs)
    return {
      kind: 'cleared',
      endpoint,
      at: new Date(clearedMs).toISOString(),
      category: categoryOf(threat),
      threat: displayThreat(threat),
      object: displayPath(path),
      how,
    }
  }

  /** Items and state for a find that was taken away. */
  toldTakenAway(path: Buffer, threat: string, at: Date): { items: Item[]; state: State } {
    const detection = this.detection(path, threat, at, 'quarantined') // before it counts as cleared: what is told after that is told as later
    const { items, state } = this.cleared(path, 'quarantined', at)
    return { items: [detection, ...items], state }
  }

  /** @param foundAt the second that clamd's log has: after a reinstall it is read from there once more, and must be known as the same (AGT-6) */
  detection(path: Buffer | null, threat: string, foundAt: Date, outcome: string, object = path ? displayPath(path) : ''): DetectionItem {
    const { endpoint } = this.#host
    const at = wholeSecond(foundAt)
    const shown = { at: at.toISOString(), threat: displayThreat(threat), object }
    const clearedMs = this.#clearedMs.get(path?.toString('latin1') ?? '') ?? -Infinity
    const isJustAfter = at.getTime() <= clearedMs && at.getTime() > clearedMs - 1_000
    const contentId = createHash('sha256')
      .update(['clamav', endpoint, shown.at, shown.threat, shown.object].join('\n'))
      .digest('hex')
      .slice(0, 32)
    return {
      kind: 'detection',
      endpoint,
      category: categoryOf(threat),
      outcome,
      engine: 'clamav',
      contentId,
      ...shown,
      at: new Date(isJustAfter ? clearedMs + 1 : at).toISOString(),
    }
  }

  /** Marks that we ask clamd about `path` (null: about contents) until `ask` is done, so that its log line waits for what we make of it. */
  async asking<T>(path: Buffer | null, ask: () => Promise<T>): Promise<T> {
    const key = path?.toString('latin1') ?? ''
    this.#asking.set(key, (this.#asking.get(key) ?? 0) + 1)
    try {
      return await ask()
    } finally {
      const left = this.#asking.get(key)! - 1
      if (left > 0) this.#asking.set(key, left)
      else this.#asking.delete(key)
      for (const resolve of this.#settled.splice(0)) resolve()
    }
  }

  /** Resolves when we are not asking about it (any more). */
  async notAsking(path: Buffer | null): Promise<void> {
    const key = path?.toString('latin1') ?? ''
    while (this.#asking.has(key)) await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  ownState(path: Buffer | null, threat: string, fromMs: number, untilMs: number): State {
    const own: Own = { path: path?.toString('latin1') ?? null, threat, fromMs, untilMs }
    return { [`${ownPrefix}${hash(`${own.path ?? ''}\0${threat}`)}`]: own }
  }

  isOwn(path: Buffer | null, threat: string, at: Date): boolean {
    const own = this.#host.recall(`${ownPrefix}${hash(`${path?.toString('latin1') ?? ''}\0${threat}`)}`) as Own | undefined
    return own !== undefined && at.getTime() >= own.fromMs - ownToleranceMs && at.getTime() <= own.untilMs + ownToleranceMs
  }

  /** Own findings so old that clamd's line about them has long been read. */
  oldOwn(nowMs: number): State {
    const old = (this.#host.recallAll(ownPrefix) as [string, Own][]).filter(([, own]) => own.untilMs < nowMs - 3_600_000)
    return Object.fromEntries(old.map(([key]) => [key, null]))
  }
}

export const minuteOf = (ms: number): number => Math.floor(ms / 60_000)

/** Which event category a name belongs to; one that Vigie does not assess yet counts as antivirus rather than not at all. */
export function categoryOf(threat: string): string {
  const isSpyware = /^PUA\.|\.(Spyware|Adware)\b/i.test(threat)
  return isSpyware && categoryById.has('anti-spyware') ? 'anti-spyware' : 'antivirus'
}

/** Changes when the file does. Null: it is not there. @throws when that can't be told. */
export async function stampOf(path: Buffer): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await lstat(path)
    return [ino, size, mtimeMs, ctimeMs].join(' ')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

const infectionKey = (path: Buffer, threat: string): string => `${infectionPrefix}${hash(`${path.toString('latin1')}\0${threat}`)}`
const hash = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 24)
