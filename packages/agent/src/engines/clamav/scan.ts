import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { CommandFailure, type Evidence, type Host } from '../../core/engine.ts'
import { ClamdError, type Clamd, type ClamdSession, type Verdict } from './clamd.ts'
import { stampOf, type Memory } from './memory.ts'
import type { Quarantine, Quarantined } from './quarantine.ts'
import type { Said } from './said.ts'
import { existing, walk } from './walk.ts'

export interface ScanDeps {
  host: Host
  memory: Memory
  quarantine: Quarantine
  clamd: () => Clamd
  paths: readonly string[]
  exclude: readonly string[]
  /** False: what it finds is told and stays where it is. */
  isQuarantining: boolean
  /** Files that on-access scanning refuses even to us: what it said of this one just now. Null: nothing. */
  deniedAs: (path: Buffer) => Promise<string | null>
  said: Pick<Said, 'at'>
  /** Makes clamd's log name a find that it knows by its contents only. False: it can't. */
  nameInLog: (path: Buffer) => Promise<boolean>
}

/** What a scan did; becomes the evidence. */
export interface ScanFigures {
  filesScanned: number
  threatsFound: number
  quarantined: number
  notQuarantined: number
  unreadable: number
}

const sidePaths = 4

/**
 * A scan: every file is shown to clamd by its path (or, where clamd's user may not read it, by its content), and what it finds is quarantined at once. The agent
 * walks, clamd judges: so the figures are counted answers of the engine.
 */
export class Scan {
  readonly #deps: ScanDeps
  readonly figures: ScanFigures = { filesScanned: 0, threatsFound: 0, quarantined: 0, notQuarantined: 0, unreadable: 0 }
  #session: Promise<ClamdSession> | null = null

  constructor(deps: ScanDeps) {
    this.#deps = deps
  }

  /** @throws CommandFailure `clamd-stopped`, `stopped`, `nothing-to-scan` */
  async run(signal: AbortSignal): Promise<void> {
    const { paths, exclude, quarantine, memory } = this.#deps
    if ((await existing(paths)).length === 0) throw new CommandFailure('nothing-to-scan')
    const fault = new AbortController()
    let failure: unknown = null
    const both = AbortSignal.any([signal, fault.signal])
    const known = [...new Set(memory.infections().map(([, { path }]) => path))].map((path) => Buffer.from(path, 'latin1'))
    const files = this.#files(
      known,
      walk({ paths, exclude: [...exclude, quarantine.folder], signal: both, onUnreadable: () => this.figures.unreadable++ }),
    )
    const worker = async () => {
      try {
        while (!both.aborted) {
          const next = await files.next()
          if (next.done) return
          await this.#file(next.value)
        }
      } catch (error) {
        failure ??= error
        fault.abort()
      }
    }
    try {
      await Promise.all(Array.from({ length: Math.min(sidePaths, availableParallelism() + 1) }, worker))
    } finally {
      await files.return(undefined)
      await this.#session?.then(
        (session) => session.close(),
        () => {},
      )
    }
    if (signal.aborted) throw new CommandFailure('stopped', this.evidence())
    if (failure instanceof ClamdError) throw new CommandFailure('clamd-stopped', this.evidence(), { cause: failure })
    if (failure) throw failure
  }

  evidence(): Evidence {
    return { ...this.figures }
  }

  /** What we know to be infected first; then all the rest. */
  async *#files(known: readonly Buffer[], rest: AsyncGenerator<{ path: Buffer; sizeBytes: number }>): AsyncGenerator<Buffer> {
    const done = new Set(known.map((path) => path.toString('latin1')))
    yield* known
    for await (const { path, sizeBytes } of rest) {
      if (sizeBytes === 0) this.figures.filesScanned++
      else if (!done.has(path.toString('latin1'))) yield path
    }
  }

  async #file(path: Buffer): Promise<void> {
    const { memory } = this.#deps
    await memory.asking(path, async () => {
      const fromMs = Date.now()
      const { verdict, named } = await this.#judge(path)
      if (verdict.is === 'gone') return
      if (verdict.is === 'error') {
        this.figures.unreadable++
        return
      }
      this.figures.filesScanned++
      if (verdict.is === 'infected')
        await this.#infected(path, verdict.threat, {
          fromMs,
          at: await this.#deps.said.at(named, verdict.threat, fromMs, this.#deps.host.now()),
        })
      else if (memory.infectionsAt(path).length > 0) {
        const { items, state } = memory.cleared(path, 'cleaned', this.#deps.host.now())
        await this.#deps.host.tell(items, state)
      }
    })
  }

  /** `named`: how clamd's log calls it; null: not at all. */
  async #judge(path: Buffer): Promise<{ verdict: Verdict | { is: 'gone' }; named: Buffer | null }> {
    const verdict = await this.#ask(path)
    if (verdict.is !== 'error') return { verdict, named: path }
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const byContents = await this.#contents(path, file)
        return { verdict: byContents, named: byContents.is === 'infected' && (await this.#deps.nameInLog(path)) ? path : null }
      } finally {
        await file.close()
      }
    } catch (error) {
      if (error instanceof ClamdError) throw error
      const { code } = error as { code?: string }
      if (code === 'ENOENT' || code === 'ENOTDIR') return { verdict: { is: 'gone' }, named: path }
      const afterAll = code === 'EPERM' ? await this.#deps.deniedAs(path) : null
      return { verdict: afterAll === null ? verdict : { is: 'infected', threat: afterAll }, named: path }
    }
  }

  /** clamd logs contents without a name: what it finds is noted as ours before the log line may be read. */
  async #contents(path: Buffer, file: Awaited<ReturnType<typeof open>>): Promise<Verdict> {
    const { host, memory, clamd } = this.#deps
    return memory.asking(null, async () => {
      const fromMs = Date.now()
      const { verdict } = await clamd().scanContent(file)
      if (verdict.is === 'infected') await host.tell([], memory.ownState(null, verdict.threat, fromMs, Date.now()))
      if (verdict.is === 'error')
        host.log.debug('contents not scanned', { path: path.toString('utf8').slice(0, 200), message: verdict.message })
      return verdict
    })
  }

  /** One broken connection is made anew; a second fault is clamd's end. */
  async #ask(path: Buffer): Promise<Verdict> {
    for (let isRetry = false; ; isRetry = true) {
      const session = (this.#session ??= this.#deps.clamd().session())
      try {
        return await (await session).scan(path)
      } catch (error) {
        if (isRetry || !(error instanceof ClamdError) || error.reason === 'stopped') throw error
        if (this.#session === session) this.#session = null
      }
    }
  }

  async #infected(path: Buffer, threat: string, times: FindTimes): Promise<void> {
    if (!this.#deps.isQuarantining) {
      const { host, memory } = this.#deps
      this.figures.threatsFound++
      this.figures.notQuarantined++
      const detection = memory.detection(path, threat, times.at, 'failed')
      await host.tell([detection], {
        ...memory.ownState(path, threat, times.fromMs, Date.now()),
        ...(await memory.infectionState(path, threat, detection)),
      })
      return
    }
    const result = await takeAway(this.#deps, path, threat, times)
    if (result === 'not-a-threat') return
    this.figures.threatsFound++
    if (result === 'quarantined') this.figures.quarantined++
    else this.figures.notQuarantined++
  }
}

type Deps = Pick<ScanDeps, 'host' | 'memory' | 'quarantine'>

interface FindTimes {
  /** When clamd was asked. */
  fromMs: number
  /** The second that its log has. */
  at: Date
}

/**
 * Quarantines what clamd found and tells it, once: what is meant is on disk before the file moves, what became of it after (`recoverMoves` looks at the
 * difference after a crash).
 */
export async function takeAway(
  deps: Deps,
  path: Buffer,
  threat: string,
  { fromMs, at }: FindTimes,
  from: Buffer = path,
): Promise<'quarantined' | 'failed' | 'not-a-threat'> {
  const { host, memory, quarantine } = deps
  const id = `${host.now().getTime().toString(36)}-${Math.random().toString(36).slice(2, 10)}`
  const meant: Quarantined = {
    id,
    path: path.toString('latin1'),
    threat,
    at: at.toISOString(),
    step: 'moving',
    sha256: null,
    sizeBytes: 0,
    mode: 0,
    uid: 0,
    gid: 0,
  }
  const key = `quarantine:${id}`
  await host.tell([], { [key]: meant, ...memory.ownState(path, threat, fromMs, Date.now()) })
  const taken = await memory.asking(null, async () => {
    const askedMs = Date.now()
    const moved = from === path ? await quarantine.take(path, id) : await quarantine.adopt(from, id)
    await host.tell([], memory.ownState(null, threat, askedMs, Date.now()))
    return moved
  })
  if (taken.isTaken) {
    const { sha256, sizeBytes, mode, uid, gid } = taken
    const { items, state } = memory.toldTakenAway(path, threat, at)
    await host.tell(items, { ...state, [key]: { ...meant, sha256, sizeBytes, mode, uid, gid, step: 'done' } })
    return 'quarantined'
  }
  if (taken.why === 'changed') {
    await host.tell([], { [key]: null })
    return 'not-a-threat'
  }
  if (taken.why === 'gone' && from !== path && (await stampOf(path).catch(() => '')) !== null) {
    await host.tell([], { [key]: null }) // never moved: the log's line lied, and the finding is told as one that was not
    return 'failed'
  }
  const detection = memory.detection(path, threat, at, 'failed')
  if (taken.why === 'gone') {
    await host.tell([detection, memory.clearedItem(path, threat, 'gone', host.now(), new Date(detection.at))], {
      [key]: null,
      ...memory.cleared(path, 'gone', host.now()).state,
    })
    return 'failed'
  }
  host.log.warn('infected file could not be quarantined', { path: path.toString('utf8').slice(0, 300), why: taken.why })
  await host.tell([detection], { [key]: null, ...(await memory.infectionState(path, threat, detection)) })
  return 'failed'
}

/** After a crash: finishes what was meant. The file is here (then it is quarantined) or it is not (then it is still an infection). */
export async function recoverMoves({ host, memory, quarantine }: Deps): Promise<void> {
  for (const [key, value] of host.recallAll('quarantine:')) {
    const meant = value as Quarantined
    if (meant.step !== 'moving') continue
    const path = Buffer.from(meant.path, 'latin1')
    const at = new Date(meant.at)
    if (await quarantine.has(meant.id)) {
      const { items, state } = memory.toldTakenAway(path, meant.threat, at)
      await host.tell(items, { ...state, [key]: { ...meant, step: 'done' } })
    } else {
      const detection = memory.detection(path, meant.threat, at, 'failed')
      await host.tell([detection], { [key]: null, ...(await memory.infectionState(path, meant.threat, detection)) })
    }
  }
}
