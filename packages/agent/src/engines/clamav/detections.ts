import { dirname, join } from 'node:path'
import type { Item } from '@vigie/domain/agents'
import { Cursor, type FollowedLine, type Follower } from '../../core/follow.ts'
import type { State } from '../../core/queue-files.ts'
import { pause } from '../../core/time.ts'
import type { Host } from '../../core/engine.ts'
import { parseClamdLine, parseOnAccessLine, type ClamdFinding } from './lines.ts'
import { minuteOf, stampOf, type Memory } from './memory.ts'
import type { Quarantine } from './quarantine.ts'
import { Said } from './said.ts'
import { takeAway } from './scan.ts'

/** What on-access scanning does now: read from its own settings. Null: it does not run. */
export interface OnAccessNow {
  logPath: string | null
  isPreventing: boolean
}
export interface DetectionsDeps {
  host: Host
  memory: Memory
  quarantine: Quarantine
  clamdLog: string | null
  onAccess: () => OnAccessNow | null
}

/** A first start tells what clamd's log holds of the last days; a reinstalled agent thereby repeats itself, and is known by content id (AGT-6). */
const backlogMs = 72 * 3_600_000
/** clamonacc's line comes a moment after clamd's. */
const hintWaitMs = 1_500
const hintLifeMs = 15_000
/** What clamd was asked about by path and by its contents is the same find: on first reading, when nobody remembers who asked. */
const sameFindMs = 10_000
const cursorKey = 'follow:clamd'

interface Past {
  /** The last ones that the log names by path. */
  named: ClamdFinding[]
  /** What was told of this minute: path and threat. */
  minute: number
  told: Set<string>
}

interface Hint {
  path: string
  threat: string | null
  movedTo: Buffer | null
  seenMs: number
}

/**
 * Detections from clamd's log: it names every finding, whoever asked (on-access scanning, a nightly clamdscan, a mail filter). clamonacc's log, which
 * carries no time, only tells what was done about it. Findings of our own scans are told by the scan.
 */
export class Detections {
  readonly #deps: DetectionsDeps
  readonly #startedMs = Date.now()
  #clamdLog: Follower | null = null
  #onAccessLog: { path: string; follower: Follower } | null = null
  #hints: Hint[] = []
  #isStopped = false
  readonly said = new Said(() => this.#clamdLog?.isReadable === true)
  /** Of first reading. */
  #past: Past = { named: [], minute: 0, told: new Set() }

  constructor(deps: DetectionsDeps) {
    this.#deps = deps
  }

  /** False: there is a log, and it can't be read. */
  get isReadable(): boolean {
    return this.#clamdLog?.isReadable ?? true
  }

  start(): void {
    const { host, clamdLog } = this.#deps
    if (clamdLog === null) return
    const known = Cursor.safeParse(host.recall(cursorKey))
    const isFirst = !known.success
    this.#clamdLog = host.follow({
      path: clamdLog,
      cursor: known.success ? known.data : null,
      from: 'start',
      onLines: (lines, cursor) => this.#onClamd(lines, cursor, isFirst),
      onGap: () => host.tell([{ kind: 'gap', at: host.now().toISOString(), lost: 1, reason: 'log-rotated-away' }]),
    })
    this.#clamdLog.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.said.stop()
    await this.#onAccessLog?.follower.stop()
    await this.#clamdLog?.stop()
  }

  /** Called at each look: clamonacc may have been started, stopped, or given another log. */
  async followOnAccess(): Promise<void> {
    const path = this.#deps.onAccess()?.logPath ?? null
    if (path === (this.#onAccessLog?.path ?? null) || this.#isStopped) return
    await this.#onAccessLog?.follower.stop()
    this.#onAccessLog = null
    if (path === null) return
    const follower = this.#deps.host.follow({
      path,
      cursor: null,
      from: 'start',
      onLines: (lines) => this.#onOnAccess(lines),
      pollMs: 1_000,
    })
    this.#onAccessLog = { path, follower }
    follower.start()
  }

  /** The name on-access scanning gave the file when it refused it just now; waits for its log a little. Null: it said nothing of it. */
  async deniedAs(path: Buffer): Promise<string | null> {
    if (!this.#deps.onAccess()?.isPreventing) return null
    return (await this.#hint(path, true, performance.now() + hintWaitMs))?.threat ?? null
  }

  async #onOnAccess(lines: readonly FollowedLine[]): Promise<void> {
    for (const { bytes, seenAt } of lines) {
      const line = parseOnAccessLine(bytes)
      if (line === null) continue
      const path = line.path.toString('latin1')
      const known = line.is === 'moved' ? this.#hints.findLast((hint) => hint.path === path && hint.movedTo === null) : undefined
      if (known && line.is === 'moved') known.movedTo = line.movedTo
      else
        this.#hints.push({
          path,
          threat: line.is === 'found' ? line.threat : null,
          movedTo: line.is === 'moved' ? line.movedTo : null,
          seenMs: seenAt.getTime(),
        })
    }
    const since = Date.now() - hintLifeMs
    if (this.#hints.length > 2_000 || (this.#hints[0]?.seenMs ?? Infinity) < since)
      this.#hints = this.#hints.filter(({ seenMs }) => seenMs >= since).slice(-2_000)
  }

  /** @param isFresh only what was seen in the last seconds counts. @param until how long to wait for it (monotonic). */
  async #hint(path: Buffer, isFresh: boolean, until: number): Promise<Hint | null> {
    if (this.#onAccessLog === null) return null
    const text = path.toString('latin1')
    for (const mayMove = until - hintWaitMs / 2; ; await pause(50)) {
      const found = this.#hints.findLast((hint) => hint.path === text && (!isFresh || hint.seenMs > Date.now() - hintLifeMs))
      if (found?.movedTo || (found && performance.now() > mayMove)) return found // a move is told right after the find
      if (performance.now() >= until || this.#isStopped) return found ?? null
    }
  }

  async #onClamd(lines: readonly FollowedLine[], cursor: Cursor, isFirst: boolean): Promise<void> {
    const { host } = this.#deps
    const items: Item[] = []
    const state: State = {}
    const seen = new Set<string>()
    const hintsUntil = performance.now() + hintWaitMs // for the batch: a long backlog must not wait line by line
    const findings = lines.flatMap(({ bytes, seenAt }) => {
      const finding = parseClamdLine(bytes, seenAt)
      if (finding) this.said.note(finding, seenAt)
      return finding ?? []
    })
    const isPast = ({ at }: ClamdFinding) => isFirst && at.getTime() < this.#startedMs
    const told = isFirst ? this.#onceMore(findings.filter(isPast)) : null
    for (const finding of findings) {
      if (isPast(finding) && !told!.has(finding)) continue
      const name = `${finding.path?.toString('latin1') ?? finding.source}\0${finding.threat}\0${finding.at.getTime()}`
      if (seen.has(name)) continue // ALLMATCHSCAN writes some lines twice
      seen.add(name)
      const { items: more, state: change } = await this.#tell(finding, hintsUntil)
      items.push(...more)
      Object.assign(state, change)
    }
    await host.tell(items, { ...state, [cursorKey]: cursor })
  }

  /**
   * What to tell of a log's past on first reading: no more than an agent that lived here before has told already, or finds would count twice (AGT-6). A line without a name beside one of the same
   * contents with it is such an agent's second look. Of each path and threat the first find of a minute: that one it told, whatever it left out after it.
   */
  #onceMore(past: readonly ClamdFinding[]): Set<ClamdFinding> {
    const recent = past.filter(({ at }) => at.getTime() >= this.#startedMs - backlogMs)
    const named = [...this.#past.named, ...recent.filter(({ path }) => path !== null)]
    const isLook = (one: ClamdFinding) =>
      named.some(
        ({ at, threat, content }) =>
          threat === one.threat &&
          (content === null || one.content === null || content === one.content) &&
          Math.abs(at.getTime() - one.at.getTime()) <= sameFindMs,
      )
    let { minute, told } = this.#past
    const chosen = recent.filter((finding) => {
      const { path, threat, at } = finding
      if (path === null) return !isLook(finding)
      if (minuteOf(at.getTime()) !== minute) [minute, told] = [minuteOf(at.getTime()), new Set()]
      const name = `${path.toString('latin1')}\0${threat}`
      return !told.has(name) && told.add(name)
    })
    const lastMs = named.at(-1)?.at.getTime() ?? 0
    this.#past = { named: named.filter(({ at }) => at.getTime() >= lastMs - sameFindMs), minute, told }
    return new Set(chosen)
  }

  async #tell(finding: ClamdFinding, hintsUntil: number): Promise<{ items: Item[]; state: State }> {
    const { memory, quarantine } = this.#deps
    const { at, threat } = finding
    const nothing = { items: [], state: {} }
    if (finding.path?.toString('latin1').startsWith(join(quarantine.folder, '/'))) return nothing
    await memory.notAsking(finding.path)
    if (memory.isOwn(finding.path, threat, at)) return nothing
    if (finding.path === null) {
      if (finding.source === 'stream') return { items: [memory.detection(null, threat, at, 'reported', 'stream')], state: {} }
      const hint = this.#hints.findLast((one) => one.threat === threat && one.seenMs > Date.now() - hintLifeMs) // older clamd: the name stands in clamonacc's log only
      if (!hint) return { items: [memory.detection(null, threat, at, 'reported', 'file descriptor')], state: {} }
      return this.#tellFile(Buffer.from(hint.path, 'latin1'), finding, hintsUntil)
    }
    return this.#tellFile(finding.path, finding, hintsUntil)
  }

  async #tellFile(path: Buffer, { at, threat }: ClamdFinding, hintsUntil: number): Promise<{ items: Item[]; state: State }> {
    const { memory, quarantine, host } = this.#deps
    const isLive = at.getTime() >= this.#startedMs - 2_000
    const onAccess = this.#deps.onAccess()
    const hint = await this.#hint(path, isLive, isLive ? hintsUntil : 0)
    if (hint?.movedTo) {
      if (dirname(hint.movedTo.toString('latin1')) === join(quarantine.folder, 'incoming')) {
        const result = await takeAway(this.#deps, path, threat, { fromMs: at.getTime(), at }, hint.movedTo)
        if (result !== 'failed') return { items: [], state: {} } // takeAway told it
      }
      // a line of this log may be a piece of a hostile file's name: only a file that is gone was moved
      if ((await stampOf(path).catch(() => '')) === null) return memory.toldTakenAway(path, threat, at)
    }
    const outcome = hint && onAccess?.isPreventing ? 'blocked' : 'failed'
    const known = memory.infection(path, threat)
    const stamp = await stampOf(path).catch(() => '')
    if (known && known.stamp === stamp && memory.isToldInMinute(known, at)) return { items: [], state: {} }
    const detection = memory.detection(path, threat, at, outcome)
    if (stamp === null) {
      const { items, state } = memory.cleared(path, 'gone', host.now())
      return {
        items: [detection, ...(items.length > 0 ? items : [memory.clearedItem(path, threat, 'gone', host.now(), new Date(detection.at))])],
        state,
      }
    }
    return { items: [detection], state: await memory.infectionState(path, threat, detection) }
  }
}
